// Etcd is the server kube-apiserver keeps its objects in, at the version its client is tested with.
//
// Debian's package is too old: without progress requests on watches (etcd 3.4.25, 3.5.8) the API
// server turns off consistent reads from its cache, and the tests would see a server nobody runs.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
