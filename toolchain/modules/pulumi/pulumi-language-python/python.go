package main

import (
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// virtualenv is the folder that `runtime.options.virtualenv` names, or "" where none is named.
func virtualenv(info *pulumirpc.ProgramInfo) string {
	folder := info.GetOptions().GetFields()["virtualenv"].GetStringValue()
	if folder == "" || filepath.IsAbs(folder) {
		return folder
	}
	return filepath.Join(info.GetRootDirectory(), folder)
}

// python is the interpreter of the program's virtual environment, or the one on PATH.
func python(info *pulumirpc.ProgramInfo) string {
	if folder := virtualenv(info); folder != "" {
		return filepath.Join(folder, "bin", "python")
	}
	return "python3"
}
