internal import CKeyturnPusher
internal import Glibc

/// The plugin's library, opened, with its table. Its entry function is called once.
final class Library: @unchecked Sendable {
    // Unchecked: static memory of the library, which no one writes.
    let table: kt_pusher
    /// The size that the table gives.
    let size: UInt32

    init(path: String, host: ScriptedHost) throws(Stop) {
        guard let handle = CallsInProgress.during("dlopen", { dlopen(path, RTLD_NOW | RTLD_LOCAL) }) else {
            throw Stop("dlopen: \(dlerror().map { String(cString: $0) } ?? "failed")")
        }
        guard let symbol = dlsym(handle, KT_ENTRY_SYMBOL_V1) else {
            throw Stop("it does not export \(KT_ENTRY_SYMBOL_V1)")
        }
        let entry = unsafeBitCast(symbol, to: kt_pusher_entry_v1_function.self)
        guard let given = CallsInProgress.during(KT_ENTRY_SYMBOL_V1, { entry(host.host) }) else {
            throw Stop("\(KT_ENTRY_SYMBOL_V1) refused the host")
        }
        guard let table = received(given, atLeast: KT_MIN_SIZE_PUSHER, kt_pusher()) else {
            throw Stop("its table has \(given.pointee.size) bytes; \(KT_MIN_SIZE_PUSHER) or more are needed")
        }
        guard table.open != nil, table.close != nil, table.check != nil, table.push != nil else {
            throw Stop("its table lacks open, close, check or push")
        }
        self.table = table
        size = given.pointee.size
    }

    /// `kt.find/1`; nil: the plugin has none. What an older plugin's table does not have is nil.
    var find: kt_find? {
        guard let ask = table.extension else { return nil }
        let lender = Lender(.poisoned)
        let found = withExtendedLifetime(lender) {
            CallsInProgress.during("extension") { ask(lender.string(KT_EXTENSION_FIND_1)) }
        }
        return received(found?.assumingMemoryBound(to: kt_find.self), atLeast: KT_MIN_SIZE_FIND, kt_find())
    }

    var inspect:
        (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<kt_call>?, UnsafePointer<kt_target>?) -> kt_outcome)?
    { table.inspect }
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
