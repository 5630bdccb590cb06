// Command openim-rpc-third stands where OpenIM's service of that name is.
package main

import "github.com/openimsdk/open-im-server/v3/pkg/service"

func main() {
	service.Run("openim-rpc-third")
}
