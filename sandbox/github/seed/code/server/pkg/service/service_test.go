package service

import "testing"

func TestGreetingNamesTheService(t *testing.T) {
	if got, want := Greeting(" openim-api "), "openim-api is ready"; got != want {
		t.Errorf("Greeting() = %q, want %q", got, want)
	}
}
