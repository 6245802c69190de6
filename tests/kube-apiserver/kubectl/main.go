// Kubectl is the client of the same version, for tests of what users type.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		// Prints the error as upstream's main does, and ends with its exit code.
		util.CheckErr(err)
	}
}
