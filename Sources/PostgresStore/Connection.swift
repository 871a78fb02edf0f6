internal import CPostgres
internal import Glibc
internal import PlainText
internal import Secrets
internal import StateStore

/// One connection to the server, for one thread. It blocks that thread, never for longer than its limits.
final class Connection {
    private let libpq: kt_libpq
    private let handle: OpaquePointer

    /// Connects, for as long as `connect_timeout` says for each host: libpq's own clock, since it alone knows which host is next.
    ///
    /// - Parameter settings: libpq's keywords and values. The password is a setting of its own, for only libpq needs it.
    init(_ settings: [(String, String)], password: Secret?) throws(QueryFailure) {
        do throws(StoreError) { libpq = try LibPQ.functions() } catch {
            throw QueryFailure(remedy: .never, state: nil, message: error.description)
        }
        handle = try Self.connect(settings, password, libpq)
        _ = libpq.PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // DETAIL may quote values.
        _ = libpq.PQsetErrorVerbosity(handle, PQERRORS_TERSE)
        guard libpq.PQstatus(handle) == CONNECTION_OK, libpq.PQsetnonblocking(handle, 1) == 0 else {
            let failure = failure(afterSending: false)
            let refusal = Self.refusals.first { failure.message.contains($0.words) }
            throw refusal.map { QueryFailure(state: $0.state, said: failure.message) } ?? failure
        }
    }

    /// libpq gives no code for what the server says to whom it does not let in. What is said in another language is taken for a
    /// server that is not ready yet.
    private static let refusals: [(words: String, state: String)] = [
        ("password authentication failed", "28P01"), ("no password supplied", "28P01"),
        ("pg_hba.conf", "28000"), ("role \"", "28000"), ("database \"", "3D000"),
    ]

    deinit { libpq.PQfinish(handle) }

    private static func connect(
        _ settings: [(String, String)], _ password: Secret?, _ libpq: kt_libpq
    ) throws(QueryFailure) -> OpaquePointer {
        var texts: [UnsafeMutablePointer<CChar>?] = settings.flatMap { [strdup($0.0), strdup($0.1)] }
        var secret: [CChar] = []
        password?.withBytes { bytes in secret = bytes.map { CChar(bitPattern: $0) } + [0] }
        defer {
            texts.forEach { free($0) }
            texts = []
            secret.withUnsafeMutableBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                explicit_bzero(start, bytes.count)
            }
        }
        let handle = secret.withUnsafeBufferPointer { secret -> OpaquePointer? in
            "password".withCString { keyword in
                var keywords = stride(from: 0, to: texts.count, by: 2).map { UnsafePointer(texts[$0]) }
                var values = stride(from: 1, to: texts.count, by: 2).map { UnsafePointer(texts[$0]) }
                if let start = secret.baseAddress, !secret.isEmpty {
                    keywords.append(keyword)
                    values.append(start)
                }
                return libpq.PQconnectdbParams(keywords + [nil], values + [nil], 0)
            }
        }
        guard let handle else { throw QueryFailure(remedy: .never, state: nil, message: "libpq has no memory") }
        return handle
    }

    /// Runs one statement.
    ///
    /// - Returns: its rows.
    func run(
        _ sql: String, _ parameters: [Parameter] = [], until deadline: ContinuousClock.Instant
    ) throws(QueryFailure) -> [Row] {
        guard libpq.PQstatus(handle) == CONNECTION_OK, send(sql, parameters) else {
            throw failure(afterSending: false)
        }
        while true {
            let left = libpq.PQflush(handle)
            guard left >= 0 else { throw failure(afterSending: true) }
            if left == 0 { break }
            try wait(for: POLLIN | POLLOUT, until: deadline, afterSending: true)
            guard libpq.PQconsumeInput(handle) == 1 else { throw failure(afterSending: true) }
        }
        var rows: [Row] = []
        var refusal: QueryFailure?
        while true {
            while libpq.PQisBusy(handle) == 1 {
                try wait(for: POLLIN, until: deadline, afterSending: true)
                guard libpq.PQconsumeInput(handle) == 1 else { throw failure(afterSending: true) }
            }
            guard let result = libpq.PQgetResult(handle) else { break }
            defer { libpq.PQclear(result) }
            switch libpq.PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = self.rows(of: result)
            case PGRES_COMMAND_OK: break
            default: refusal = self.refusal(in: result)
            }
        }
        if let refusal { throw refusal }
        return rows
    }

    private func send(_ sql: String, _ parameters: [Parameter]) -> Bool {
        let contents = parameters.map(\.content)
        // Texts end with a NUL, and one buffer holds them all: its addresses stay while it is borrowed.
        var buffer: [UInt8] = []
        var offsets: [Int?] = []
        for content in contents {
            offsets.append(content == nil ? nil : buffer.count)
            if let content { buffer += content + [0] }
        }
        let lengths = contents.map { Int32(clamping: $0?.count ?? 0) }
        let formats = parameters.map { Int32($0.isBinary ? 1 : 0) }
        return buffer.withUnsafeBytes { bytes in
            let values = offsets.map { offset in
                offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            return libpq.PQsendQueryParams(
                handle, sql, Int32(parameters.count), nil, values, lengths, formats, 1) == 1
        }
    }

    private func rows(of result: OpaquePointer) -> [Row] {
        (0..<libpq.PQntuples(result)).map { row in
            var fields: [[UInt8]?] = []
            for column in 0..<libpq.PQnfields(result) {
                guard libpq.PQgetisnull(result, row, column) == 0 else {
                    fields.append(nil)
                    continue
                }
                let length = Int(libpq.PQgetlength(result, row, column))
                fields.append(
                    Array(UnsafeRawBufferPointer(start: libpq.PQgetvalue(result, row, column), count: length)))
            }
            return Row(fields: fields)
        }
    }

    private func refusal(in result: OpaquePointer) -> QueryFailure {
        func field(_ code: Int32) -> String? {
            libpq.PQresultErrorField(result, code).map { String(cString: $0) }
        }
        // libpq makes such a result itself where the connection was lost in the middle; it has no state then.
        guard let state = field(kt_pq_state_field()) else { return failure(afterSending: true) }
        return QueryFailure(state: state, said: Self.line(field(kt_pq_message_field()) ?? "the server refuses it"))
    }

    /// What libpq says about the connection.
    private func failure(afterSending: Bool) -> QueryFailure {
        let said = libpq.PQerrorMessage(handle).map { Self.line(String(cString: $0)) } ?? ""
        return .lost(said.isEmpty ? "the connection to the server is lost" : said, afterSending: afterSending)
    }

    private func wait(
        for events: Int32, until deadline: ContinuousClock.Instant, afterSending: Bool
    ) throws(QueryFailure) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                throw .lost("the server does not answer in time", afterSending: afterSending)
            }
            var poll = pollfd(fd: libpq.PQsocket(handle), events: Int16(events), revents: 0)
            let (seconds, attoseconds) = left.components
            let milliseconds = Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
            let count = Glibc.poll(&poll, 1, milliseconds)
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw failure(afterSending: afterSending) }
        }
    }

    private static func line(_ text: String) -> String { PlainText.line(text, limit: 400) }
}
