// Command openim-chat-rpc stands where OpenIM's service of that name is.
package main

import "github.com/openimsdk/chat/pkg/service"

func main() {
	service.Run("openim-chat-rpc")
}
