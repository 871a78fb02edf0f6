internal import Glibc

/// The library that speaks to PostgreSQL.
public enum PostgresLibrary {
    /// `15.10`, as it would be loaded at this moment; nil: it is not installed.
    public static var version: String? {
        guard let library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL), let found = dlsym(library, "PQlibVersion")
        else {
            return nil
        }
        // `int PQlibVersion(void)` of libpq-fe.h.
        let number = unsafeBitCast(found, to: (@convention(c) () -> Int32).self)()
        return "\(number / 10_000).\(number % 10_000)"
    }
}
