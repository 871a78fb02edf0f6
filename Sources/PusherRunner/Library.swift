internal import CKeyturnPusher
internal import Glibc
internal import RunnerProtocol

/// Why a library cannot be used.
struct LibraryError: Error, CustomStringConvertible {
    var description: String
}

/// A pusher's library, opened and checked as far as the ABI goes. It is never closed.
struct Library: Sendable {
    // The library's own table, as this side knows it: what it points to is static, and no one writes it.
    nonisolated(unsafe) let table: kt_pusher

    /// Opens a library, whose constructors run within.
    ///
    /// - Parameters:
    ///   - descriptor: of the library's file.
    ///   - name: for error texts.
    init(descriptor: Int32, name: String) throws(LibraryError) {
        let path = "/proc/self/fd/\(descriptor)"
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let text = dlerror().map { String(cString: $0) } ?? "dlopen failed"
            let words = text.hasPrefix("\(path): ") ? String(text.dropFirst(path.utf8.count + 2)) : text
            throw LibraryError(
                description: words.contains("cannot open shared object file")
                    ? "\(words). A pusher finds only the C library, libm, libgcc_s and libstdc++: link the rest into it, or ask for the files in its manifest"
                    : words)
        }
        guard let symbol = dlsym(handle, KT_ENTRY_SYMBOL_V1) else {
            throw LibraryError(
                description:
                    "it does not export \(KT_ENTRY_SYMBOL_V1), so it is not a pusher, or one of another ABI version")
        }
        let entry = unsafeBitCast(symbol, to: kt_pusher_entry_v1_function.self)
        guard let given = entry(HostServices.host) else {
            throw LibraryError(description: "its entry function refused this host")
        }
        guard let table = received(given, atLeast: KT_MIN_SIZE_PUSHER, kt_pusher()) else {
            throw LibraryError(
                description:
                    "its table has \(given.pointee.size) bytes, and the smallest of any version has \(KT_MIN_SIZE_PUSHER)"
            )
        }
        guard table.open != nil, table.close != nil, table.check != nil, table.push != nil else {
            throw LibraryError(description: "its table lacks open, close, check or push")
        }
        self.table = table
    }

    /// The extension kt.find/1, where it has that.
    var find: kt_find? {
        guard let ask = table.extension else { return nil }
        let id = Array(KT_EXTENSION_FIND_1.utf8)
        let found = id.withUnsafeBytes { bytes in
            ask(kt_string(data: bytes.bindMemory(to: CChar.self).baseAddress, length: UInt64(bytes.count)))
        }
        return received(found?.assumingMemoryBound(to: kt_find.self), atLeast: KT_MIN_SIZE_FIND, kt_find())
    }

    /// What it says of itself.
    var description: Loaded { Loaded(id: text(table.id), manifest: text(table.manifest)) }
}

/// Copies a text that crosses the line; what is not UTF-8 is repaired.
func text(_ string: kt_string, limit: Int = Int(KT_MAX_MANIFEST)) -> String {
    guard let data = string.data, string.length > 0 else { return "" }
    let count = Int(min(string.length, UInt64(limit)))
    return data.withMemoryRebound(to: UInt8.self, capacity: count) {
        String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
}
