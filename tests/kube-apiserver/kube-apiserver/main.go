// Kube-apiserver is the real one: upstream's command, unchanged, under a main package of our own.
//
// Upstream's own main package cannot be installed by version, because its module replaces its
// staging modules by folders; the go.mod beside this one replaces them by their published versions.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
