// Package service is what all commands of this repository share.
package service

import (
	"fmt"
	"strings"
)

// Greeting is what a service says when it starts.
func Greeting(name string) string {
	return fmt.Sprintf("%s is ready", strings.TrimSpace(name))
}

// Run starts the service called name.
func Run(name string) {
	fmt.Println(Greeting(name))
}
