/* Debian builds libjansson.a for programs, not for shared libraries: its function that reads a FILE, which nothing calls here,
   asks for the address of stdin in a way that only works within one file. So that a pusher can hold Jansson at all, it has a
   stdin of its own, which is hidden from all others and never used. */
__attribute__((visibility("hidden"))) void *stdin;
