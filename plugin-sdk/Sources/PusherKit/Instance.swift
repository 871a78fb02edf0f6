import CKeyturnPusher
import CPusherKit

/// What `open` hands to the host: an opened pusher with its type forgotten, and its calls in terms of the ABI.
///
/// A class to derive from, for Embedded Swift has no values of a protocol's type. What it answers itself, nothing asks for.
class AnyInstance: @unchecked Sendable {
    // Unchecked, for it is derived from; the only class that does so has constants alone.
    func check(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome { KT_INTERNAL }
    func push(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ pair: UnsafePointer<kt_key_pair>?
    ) -> kt_outcome { KT_INTERNAL }
    func inspect(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome { KT_INTERNAL }
    func find(
        _ call: UnsafePointer<kt_call>, around target: UnsafePointer<kt_target>?, _ found: UnsafePointer<kt_found>
    ) -> kt_outcome { KT_INTERNAL }
    func find(
        _ call: UnsafePointer<kt_call>, below scope: UnsafePointer<kt_scope>?, _ found: UnsafePointer<kt_found>
    ) -> kt_outcome { KT_INTERNAL }
}

/// An opened pusher.
final class Instance<Plugin: Pusher>: AnyInstance, @unchecked Sendable {
    private let plugin: Plugin
    private let services: Services
    private let redaction: Redaction

    init(plugin: Plugin, services: Services, redaction: Redaction) {
        self.plugin = plugin
        self.services = services
        self.redaction = redaction
    }

    override func check(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome {
        run(call, redaction) { call throws(PushFailure) in
            Outcome(message: try plugin.check(try decode(target), call: call))
        }
    }

    override func push(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ pair: UnsafePointer<kt_key_pair>?
    ) -> kt_outcome {
        guard let keyID = kt_key_pair_access_key_id(pair)?.pointee.text, !keyID.isEmpty,
            let secret = kt_key_pair_secret_access_key(pair)?.pointee.bytes, !secret.isEmpty
        else { return Outcome(PushFailure(.internal, "the host gave no key pair")).report(to: call, redaction) }
        let secretBytes = SecretBytes(copying: secret)
        return run(call, redaction.adding(secretBytes)) { call throws(PushFailure) in
            let pair = KeyPair(accessKeyID: keyID, secretAccessKey: secretBytes)
            return Outcome(try plugin.push(pair, to: try decode(target), call: call))
        }
    }

    override func inspect(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome {
        run(call, redaction) { call throws(PushFailure) in
            Outcome(try plugin.inspect(try decode(target), call: call))
        }
    }

    override func find(
        _ call: UnsafePointer<kt_call>, around target: UnsafePointer<kt_target>?, _ found: UnsafePointer<kt_found>
    ) -> kt_outcome {
        run(call, redaction) { view throws(PushFailure) in
            let neighbours = try plugin.neighbours(of: try decode(target), call: view)
            let finder = Finder(call: call, found: found, redaction: redaction)
            for neighbour in neighbours.prefix(FoundPlace.most) { finder.report(neighbour) }
            return Outcome(message: "\(neighbours.count) places around it")
        }
    }

    override func find(
        _ call: UnsafePointer<kt_call>, below scope: UnsafePointer<kt_scope>?, _ found: UnsafePointer<kt_found>
    ) -> kt_outcome {
        run(call, redaction) { view throws(PushFailure) in
            guard let name = kt_scope_name(scope)?.pointee.text, let fields = kt_scope_fields(scope)?.pointee.bytes
            else { throw PushFailure(.internal, "the host gave no scope") }
            let known = fields.isEmpty ? nil : try parseFields(fields, what: "the scope's fields")
            let finder = Finder(call: call, found: found, redaction: redaction)
            try plugin.find(below: Scope(name: name, fields: known), finder, call: view)
            return Outcome(message: "")
        }
    }

    private func run(
        _ call: UnsafePointer<kt_call>, _ redaction: Redaction,
        _ body: (borrowing Call) throws(PushFailure) -> Outcome
    ) -> kt_outcome {
        let outcome: Outcome
        do throws(PushFailure) {
            outcome = try body(Call(pointer: call, services: services, redaction: redaction))
        } catch {
            outcome = Outcome(error)
        }
        return outcome.report(to: call, redaction)
    }

    private func decode(_ target: UnsafePointer<kt_target>?) throws(PushFailure) -> Plugin.Target {
        guard let fields = kt_target_fields(target)?.pointee.bytes else {
            throw PushFailure(.internal, "the host gave no target")
        }
        let json = try parseFields(fields, what: "the target's fields")
        return try readFields(Plugin.Target.self, from: json, what: "the target's fields")
    }
}

/// The JSON of fields that the host gives.
func parseFields(_ bytes: UnsafeRawBufferPointer, what: String) throws(PushFailure) -> JSONValue {
    do throws(JSONMismatch) {
        return try JSONDocument.parse(bytes)
    } catch {
        throw PushFailure(.invalidConfiguration, "\(what): \(error.description)")
    }
}

/// Reads fields that the host has checked against the manifest's schema, and says which one does not fit after all.
func readFields<Fields: JSONReadable>(
    _ type: Fields.Type, from json: JSONValue, what: String
) throws(PushFailure) -> Fields {
    do throws(JSONMismatch) {
        return try Fields(json: json)
    } catch {
        throw PushFailure(.invalidConfiguration, "\(what): \(error.description)")
    }
}
