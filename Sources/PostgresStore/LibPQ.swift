internal import CPostgres
internal import Glibc
internal import StateStore
internal import Synchronization

/// libpq, loaded when it is first needed.
enum LibPQ {
    /// Its functions.
    ///
    /// - Throws: `unavailable` where it is not installed.
    static func functions() throws(StoreError) -> kt_libpq {
        try loaded.withLock { loaded throws(StoreError) in
            if let loaded { return loaded }
            let made = try load()
            loaded = made
            return made
        }
    }

    private static let loaded = Mutex<kt_libpq?>(nil)

    private static func load() throws(StoreError) -> kt_libpq {
        guard let library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL) else {
            throw StoreError(
                .unavailable, "PostgreSQL's client library libpq.so.5 is not there; `apt install libpq5` installs it")
        }
        /// The type comes from libpq's header, by way of the field that it is for.
        func find<Function>(_ name: String, _ function: inout Function) throws(StoreError) {
            guard let found = dlsym(library, name) else {
                throw StoreError(.unavailable, "PostgreSQL's client library libpq.so.5 has no function \(name)")
            }
            function = unsafeBitCast(Optional(found), to: Function.self)
        }
        var functions = kt_libpq()
        try find("PQconninfoParse", &functions.PQconninfoParse)
        try find("PQconninfoFree", &functions.PQconninfoFree)
        try find("PQconnectdbParams", &functions.PQconnectdbParams)
        try find("PQstatus", &functions.PQstatus)
        try find("PQsocket", &functions.PQsocket)
        try find("PQerrorMessage", &functions.PQerrorMessage)
        try find("PQfinish", &functions.PQfinish)
        try find("PQsetnonblocking", &functions.PQsetnonblocking)
        try find("PQsetNoticeProcessor", &functions.PQsetNoticeProcessor)
        try find("PQsetErrorVerbosity", &functions.PQsetErrorVerbosity)
        try find("PQsendQueryParams", &functions.PQsendQueryParams)
        try find("PQflush", &functions.PQflush)
        try find("PQconsumeInput", &functions.PQconsumeInput)
        try find("PQisBusy", &functions.PQisBusy)
        try find("PQgetResult", &functions.PQgetResult)
        try find("PQresultStatus", &functions.PQresultStatus)
        try find("PQresultErrorField", &functions.PQresultErrorField)
        try find("PQntuples", &functions.PQntuples)
        try find("PQnfields", &functions.PQnfields)
        try find("PQgetisnull", &functions.PQgetisnull)
        try find("PQgetvalue", &functions.PQgetvalue)
        try find("PQgetlength", &functions.PQgetlength)
        try find("PQclear", &functions.PQclear)
        try find("PQfreemem", &functions.PQfreemem)
        return functions
    }
}
