internal import Glibc

/// Writes to stdout and stderr. A reader that has gone is no fault: what it does not want is dropped.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: some Collection<UInt8>) {
        Array(bytes).withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let base = buffer.baseAddress {
                let count = Glibc.write(rawValue, base + written, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                written += count
            }
        }
    }
}
