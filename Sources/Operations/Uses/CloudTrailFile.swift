internal import CLinux
internal import CZlib
internal import Glibc
internal import JSON
internal import Rotation

/// One log file of CloudTrail: a JSON object with `Records`, as a rule compressed by gzip. It is read in pieces, and of its records only
/// those are parsed that contain the key: a million of them are a gigabyte and a half.
struct CloudTrailFile {
    /// Why a file was not read to its end.
    enum Failure: Error, Hashable {
        case unreadable(String)
        case notCloudTrail
    }

    private static let piece = 256 << 10
    /// CloudTrail's own limit for a record is 256 KiB; requests and answers are cut before that.
    private static let longestRecord = 1 << 20

    let path: String
    let key: AccessKeyID

    /// Reads the file.
    ///
    /// - Parameter take: is given each record that contains the key.
    /// - Returns: how many records it has.
    func read(_ take: (JSONValue) -> Void) throws(Failure) -> Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var stream = z_stream()
        guard kt_inflate_begin(&stream) == Z_OK else { throw .unreadable("zlib has no memory") }
        defer { inflateEnd(&stream) }
        var records = RecordScanner(longest: Self.longestRecord)
        var (input, output) = ([UInt8](repeating: 0, count: Self.piece), [UInt8](repeating: 0, count: Self.piece))
        var kind = Kind.unknown
        while true {
            let count = Glibc.read(descriptor, &input, input.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
            guard count > 0 else { break }
            if kind == .unknown { kind = input.starts(with: [0x1F, 0x8B]) ? .compressed : .plain }
            if kind == .plain {
                input.withUnsafeBytes { scan(UnsafeRawBufferPointer(rebasing: $0[..<count]), &records, take) }
            } else {
                try inflate(&stream, &input, count, &output) { scan($0, &records, take) }
            }
        }
        guard records.isComplete else { throw .notCloudTrail }
        return records.count
    }

    private enum Kind { case unknown, plain, compressed }

    private func inflate(
        _ stream: inout z_stream, _ input: inout [UInt8], _ count: Int, _ output: inout [UInt8],
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        var failure: Failure?
        input.withUnsafeMutableBufferPointer { given in
            stream.next_in = given.baseAddress
            stream.avail_in = UInt32(count)
            repeat {
                let code = output.withUnsafeMutableBufferPointer { room in
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                    body(
                        UnsafeRawBufferPointer(
                            rebasing: UnsafeRawBufferPointer(room)[..<(room.count - Int(stream.avail_out))]))
                    return code
                }
                // Several gzip files in one, as some archivers make them.
                if code == Z_STREAM_END, stream.avail_in > 0 { inflateReset(&stream) }
                guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                    failure = .notCloudTrail
                    return
                }
            } while stream.avail_in > 0 || stream.avail_out == 0
        }
        if let failure { throw failure }
    }

    private func scan(_ bytes: UnsafeRawBufferPointer, _ records: inout RecordScanner, _ take: (JSONValue) -> Void) {
        records.scan(bytes) { record in
            let isThere = key.rawValue.utf8.withContiguousStorageIfAvailable { wanted in
                kt_find(record.baseAddress, record.count, wanted.baseAddress, wanted.count) != nil
            }
            guard isThere ?? true, let value = JSONValue(parsing: Array(record)) else { return }
            take(value)
        }
    }
}

/// Finds where the records of a log file begin and end: the objects one level below the list. What they say is the JSON parser's to find
/// out.
struct RecordScanner {
    private let longest: Int
    private var depth = 0
    private var isText = false
    private var isEscaped = false
    private var record: [UInt8] = []
    private var isTooLong = false
    /// Records so far, those too long to be read included.
    private(set) var count = 0

    init(longest: Int) { self.longest = longest }

    /// Whether what was begun has ended.
    var isComplete: Bool { depth == 0 && !isText && hasBegun }
    private var hasBegun = false

    /// `{"Records":[` is two levels; a record is the third.
    private static let recordDepth = 3

    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ found: (UnsafeRawBufferPointer) -> Void) {
        var begin = depth >= Self.recordDepth ? 0 : -1
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isText = false
                }
                continue
            }
            switch byte {
            case 0x22: isText = true
            case 0x7B, 0x5B:
                hasBegun = true
                depth += 1
                if depth == Self.recordDepth { begin = index }
            case 0x7D, 0x5D:
                guard depth > 0 else { continue }
                if depth == Self.recordDepth, begin >= 0 {
                    end(UnsafeRawBufferPointer(rebasing: bytes[begin...index]), found)
                    begin = -1
                }
                depth -= 1
            default: break
            }
        }
        if begin >= 0 { keep(bytes[begin...]) }
    }

    private mutating func keep(_ part: Slice<UnsafeRawBufferPointer>) {
        guard record.count + part.count <= longest else {
            isTooLong = true
            record = []
            return
        }
        if !isTooLong { record.append(contentsOf: part) }
    }

    private mutating func end(_ part: UnsafeRawBufferPointer, _ found: (UnsafeRawBufferPointer) -> Void) {
        count += 1
        defer { (record, isTooLong) = ([], false) }
        guard !isTooLong, record.count + part.count <= longest else { return }
        guard !record.isEmpty else { return found(part) }
        record.append(contentsOf: part)
        record.withUnsafeBytes(found)
    }
}
