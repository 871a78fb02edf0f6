internal import CKeyturnPusher
internal import Glibc

/// The plugin's library, opened, with its table. Its entry function is called once.
final class Library: @unchecked Sendable {
    // Unchecked: static memory of the library, which nobody writes.
    let table: UnsafePointer<kt_pusher>

    static let requiredSize = MemoryLayout<kt_pusher>.offset(of: \.inspect) ?? 0

    init(path: String, host: ScriptedHost) throws(Stop) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw Stop("dlopen: \(dlerror().map { String(cString: $0) } ?? "failed")")
        }
        guard let symbol = dlsym(handle, KT_ENTRY_SYMBOL_V1) else {
            throw Stop("it does not export \(KT_ENTRY_SYMBOL_V1)")
        }
        guard let table = unsafeBitCast(symbol, to: kt_pusher_entry_v1_function.self)(host.host) else {
            throw Stop("\(KT_ENTRY_SYMBOL_V1) refused the host")
        }
        guard Int(table.pointee.size) >= Self.requiredSize else {
            throw Stop("its table has \(table.pointee.size) bytes; \(Self.requiredSize) or more are needed")
        }
        guard table.pointee.open != nil, table.pointee.close != nil, table.pointee.check != nil,
            table.pointee.push != nil
        else { throw Stop("its table lacks open, close, check or push") }
        self.table = table
    }

    func has<Value>(_ field: KeyPath<kt_pusher, Value>) -> Bool {
        (MemoryLayout<kt_pusher>.offset(of: field) ?? .max) + MemoryLayout<Value>.size <= Int(table.pointee.size)
    }

    /// `kt.find/1`; nil: the plugin has none.
    var around:
        (
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafePointer<kt_call>?, UnsafePointer<kt_target>?,
                (@convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_found_place>?) -> Void)?
            ) -> kt_outcome
        )?
    {
        guard has(\.extension), let ask = table.pointee.extension else { return nil }
        let lender = Lender(.poisoned)
        let found = withExtendedLifetime(lender) { ask(lender.string(KT_EXTENSION_FIND_1)) }
        guard let find = found?.assumingMemoryBound(to: kt_find.self),
            Int(find.pointee.size) >= MemoryLayout<kt_find>.size
        else { return nil }
        return find.pointee.around
    }

    var inspect:
        (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<kt_call>?, UnsafePointer<kt_target>?) -> kt_outcome)?
    { has(\.inspect) ? table.pointee.inspect : nil }
}

/// The end of a check before its time: what was seen makes the rest pointless.
struct Stop: Error {
    var verdict: Verdict
    var finding: String

    init(_ finding: String, _ verdict: Verdict = .fail) {
        self.finding = finding
        self.verdict = verdict
    }
}
