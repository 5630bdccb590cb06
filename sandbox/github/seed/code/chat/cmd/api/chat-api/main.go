// Command openim-chat-api stands where OpenIM's service of that name is.
package main

import "github.com/openimsdk/chat/pkg/service"

func main() {
	service.Run("openim-chat-api")
}
