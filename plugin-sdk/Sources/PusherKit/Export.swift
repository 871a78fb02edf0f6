public import CKeyturnPusher

/// Makes the table that a plugin's entry function returns. The entry function is these two lines:
///
/// ```swift
/// @c @implementation public func kt_pusher_entry_v1(_ host: UnsafePointer<kt_host>!) -> UnsafePointer<kt_pusher>! {
///     exportPusher(MyPusher.self, manifest: PackageResources.manifest_json)
/// }
/// ```
///
/// - Parameters:
///   - type: the pusher; a library has one.
///   - manifest: the text of `manifest.json`, from SwiftPM's `.embedInCode`.
/// - Returns: the table, or nil, which refuses every host, where the manifest cannot be read or the library has
///   exported another pusher already.
public func exportPusher<Plugin: Pusher>(_ type: Plugin.Type, manifest: [UInt8]) -> UnsafePointer<kt_pusher>? {
    exported.withLock { exported in
        if let exported { return exported.manifest == manifest ? exported.table : nil }
        guard let parsed = Manifest(manifest) else { return nil }
        let new = Exported(
            manifest: manifest, table: makeTable(parsed, text: manifest),
            open: { host, call, configuration, instance in
                openPusher(type, parsed, host, call, configuration, instance)
            })
        exported = new
        return new.table
    }
}

/// The library's pusher. C's function pointers carry no context, and `open` is given none to find its type by.
private let exported = Guarded<Exported?>(nil)

private struct Exported: @unchecked Sendable {
    // Unchecked for the pointer: it points to memory that is never written again, nor freed.
    let manifest: [UInt8]
    let table: UnsafePointer<kt_pusher>
    let open:
        @Sendable (
            UnsafePointer<kt_host>?, UnsafePointer<kt_call>, kt_string, UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> kt_outcome
}

private func makeTable(_ manifest: Manifest, text: [UInt8]) -> UnsafePointer<kt_pusher> {
    let table = UnsafeMutablePointer<kt_pusher>.allocate(capacity: 1)
    table.initialize(to: kt_pusher())
    table.pointee.size = size(of: kt_pusher.self)
    table.pointee.abi_minor = UInt32(KT_ABI_MINOR)
    table.pointee.id = immortal(Array(manifest.id.utf8))
    table.pointee.version = immortal(Array(manifest.version.utf8))
    table.pointee.summary = immortal(Array(manifest.summary.utf8))
    table.pointee.manifest = immortal(text)
    setFunctions(of: table)
    return UnsafePointer(table)
}

/// Text that stays as long as the library is loaded, which is as long as the process runs.
private func immortal(_ bytes: [UInt8]) -> kt_string {
    let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = memory.initialize(from: bytes.lazy.map(CChar.init(bitPattern:)))
    return kt_string(data: UnsafePointer(memory.baseAddress), length: UInt64(bytes.count))
}

private func setFunctions(of table: UnsafeMutablePointer<kt_pusher>) {
    table.pointee.open = { host, call, configuration, instance in
        guard let call, let instance, let open = exported.withLock({ $0?.open }) else { return KT_INTERNAL }
        return open(host, call, configuration, instance)
    }
    table.pointee.close = { instance in
        guard let instance else { return }
        Unmanaged<AnyInstance>.fromOpaque(instance).release()
    }
    table.pointee.check = { instance, call, target in
        guard let call, let instance else { return KT_INTERNAL }
        return opened(instance).check(call, target)
    }
    table.pointee.push = { instance, call, target, pair in
        guard let call, let instance else { return KT_INTERNAL }
        return opened(instance).push(call, target, pair)
    }
    table.pointee.inspect = { instance, call, target in
        guard let call, let instance else { return KT_INTERNAL }
        return opened(instance).inspect(call, target)
    }
    table.pointee.extension = { id in
        id.text == KT_EXTENSION_FIND_1 ? UnsafeRawPointer(findTable) : nil
    }
}

/// The extension's table, which stays as long as the library is loaded.
private nonisolated(unsafe) let findTable: UnsafePointer<kt_find> = {
    let table = UnsafeMutablePointer<kt_find>.allocate(capacity: 1)
    table.initialize(to: kt_find())
    table.pointee.size = size(of: kt_find.self)
    table.pointee.around = { instance, call, target, found in
        guard let call, let instance, let found else { return KT_INTERNAL }
        return opened(instance).find(call, around: target, found)
    }
    table.pointee.below = { instance, call, scope, found in
        guard let call, let instance, let found else { return KT_INTERNAL }
        return opened(instance).find(call, below: scope, found)
    }
    return UnsafePointer(table)
}()

private func opened(_ instance: UnsafeMutableRawPointer) -> AnyInstance {
    Unmanaged<AnyInstance>.fromOpaque(instance).takeUnretainedValue()
}
