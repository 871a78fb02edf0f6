internal import CKeyturnPusher
internal import JSON
internal import Synchronization

/// An opened pusher.
final class Instance: @unchecked Sendable {
    // Unchecked: what the pointer leads to is the plugin's affair, and it promises to bear several threads.
    private let pointer: UnsafeMutableRawPointer?
    let library: Library
    let host: ScriptedHost
    let opening: Ending

    /// Opens; `opening` says how it went. On another outcome than `KT_OK` there is no instance.
    init(_ library: Library, _ host: ScriptedHost, configuration: [UInt8], world: World = World(nil)) {
        self.library = library
        self.host = host
        var instance: UnsafeMutableRawPointer?
        opening = host.perform(world) { call, lender in
            CallsInProgress.during("open") {
                library.table.open(host.host, call, lender.string(configuration), &instance)
            }
        }
        pointer = instance
    }

    var isOpen: Bool { opening.outcome == KT_OK }

    func check(_ target: Target, _ world: World, limit: Int64 = 30_000) -> Ending {
        perform("check", target, world, limit) { [self] call, target, _ in library.table.check(pointer, call, target) }
    }

    func inspect(_ target: Target, _ world: World) -> Ending? {
        guard let inspect = library.inspect else { return nil }
        return perform("inspect", target, world, 30_000) { [self] call, target, _ in inspect(pointer, call, target) }
    }

    func find(_ target: Target, _ world: World) -> Ending? {
        guard let around = library.find?.around else { return nil }
        return perform("around", target, world, 30_000) { [self] call, target, lender in
            around(pointer, call, target, finder(lender))
        }
    }

    /// Asks about a scope: one that the operator named, or one that the plugin found.
    func find(below scope: FoundScope, _ world: World) -> Ending? {
        guard let below = library.find?.below else { return nil }
        return host.perform(world) { call, lender in
            let lent = kt_scope(
                size: 0, reserved: 0, name: lender.string(scope.name), fields: lender.string(scope.fields))
            let place = lender.place(lent, size: host.size(of: kt_scope.self))
            return CallsInProgress.during("below") { below(pointer, call, place, finder(lender)) }
        }
    }

    /// What `around` and `below` report to.
    private func finder(_ lender: Lender) -> UnsafePointer<kt_found> {
        let table = kt_found(
            size: 0, reserved: 0, place: { reported($0, "place")?.found(FoundPlace($1)) },
            scope: { reported($0, "scope")?.found(FoundScope($1)) }, gap: { reported($0, "gap")?.found(FoundGap($1)) })
        return lender.place(table, size: host.size(of: kt_found.self))
    }

    func push(
        _ pair: KeyPair, to target: Target, _ world: World, limit: Int64 = 30_000,
        began: (HostCall) -> Void = { _ in }
    ) -> Ending {
        perform("push", target, world, limit, began) { [self] call, target, lender in
            let lent = kt_key_pair(
                size: 0, reserved: 0, access_key_id: lender.string(pair.id),
                secret_access_key: lender.string(pair.secret))
            return library.table.push(
                pointer, call, target, lender.place(lent, size: host.size(of: kt_key_pair.self)))
        }
    }

    func close() { CallsInProgress.during("close") { library.table.close(pointer) } }

    private func perform(
        _ function: String, _ target: Target, _ world: World, _ limit: Int64, _ began: (HostCall) -> Void = { _ in },
        _ body: (UnsafePointer<kt_call>, UnsafePointer<kt_target>, Lender) -> kt_outcome
    ) -> Ending {
        host.perform(world, limit: limit, began: began) { call, lender in
            let lent = kt_target(
                size: 0, reserved: 0, name: lender.string(target.name), fields: lender.string(target.fields))
            let place = lender.place(lent, size: host.size(of: kt_target.self))
            return CallsInProgress.during(function) { body(call, place, lender) }
        }
    }
}

/// The call for which something is reported.
private func reported(_ view: UnsafePointer<kt_call>?, _ function: String) -> HostCall? {
    ScriptedHost.current.withLock { $0 }?.call(view, function)
}

/// Where to push to.
struct Target: Sendable {
    var name: String
    var fields: [UInt8]

    init(_ fields: JSONValue, name: String = "conformance:place") {
        self.name = name
        self.fields = Array(fields.text.utf8)
    }
}

/// A pair, made up.
struct KeyPair: Sendable {
    var id: String
    var secret: String

    /// - Parameter number: pairs of different numbers differ.
    init(_ number: Int = 1) {
        let digits = String(number)
        id = "AKIACONFORMANCE" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        secret = "C0nf/0rm+Anc3/Secr3t+Key/" + String(repeating: "x", count: max(0, 15 - digits.count)) + digits
    }
}
