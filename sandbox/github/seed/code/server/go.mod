module github.com/openimsdk/open-im-server/v3

go 1.22
