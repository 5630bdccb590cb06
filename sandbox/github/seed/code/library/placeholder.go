// Package placeholder stands where a library of OpenIM's is.
package placeholder

// Name is what the library is called.
func Name() string {
	return "placeholder"
}
