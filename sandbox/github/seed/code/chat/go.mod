module github.com/openimsdk/chat

go 1.22
