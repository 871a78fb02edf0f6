import CKeyturnPusher
import FoundationEssentials

/// What `open` hands to the host: the opened pusher, with its type forgotten.
final class InstanceBox: Sendable {
    let instance: any InstanceCalls

    init(_ instance: any InstanceCalls) {
        self.instance = instance
    }
}

/// The calls of an opened pusher, in terms of the ABI.
protocol InstanceCalls: Sendable {
    func check(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome
    func push(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ pair: UnsafePointer<kt_key_pair>?
    ) -> kt_outcome
    func inspect(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome
    func find(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ found: Neighbour.Found
    ) -> kt_outcome
}

/// An opened pusher.
struct Instance<Plugin: Pusher>: InstanceCalls {
    let plugin: Plugin
    let services: Services
    let redaction: Redaction

    func check(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome {
        run(call, redaction) { call throws(PushFailure) in
            Outcome(message: try plugin.check(try decode(target), call: call))
        }
    }

    func push(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ pair: UnsafePointer<kt_key_pair>?
    ) -> kt_outcome {
        guard let keyID = read(pair, \.access_key_id)?.text, !keyID.isEmpty,
            let secret = read(pair, \.secret_access_key)?.bytes, !secret.isEmpty
        else { return Outcome(PushFailure(.internal, "the host gave no key pair")).report(to: call, redaction) }
        let secretBytes = SecretBytes(copying: secret)
        return run(call, redaction.adding(secretBytes)) { call throws(PushFailure) in
            let pair = KeyPair(accessKeyID: keyID, secretAccessKey: secretBytes)
            return Outcome(try plugin.push(pair, to: try decode(target), call: call), forHost: services.abiMinor)
        }
    }

    func inspect(_ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?) -> kt_outcome {
        run(call, redaction) { call throws(PushFailure) in
            Outcome(try plugin.inspect(try decode(target), call: call))
        }
    }

    func find(
        _ call: UnsafePointer<kt_call>, _ target: UnsafePointer<kt_target>?, _ found: Neighbour.Found
    ) -> kt_outcome {
        run(call, redaction) { view throws(PushFailure) in
            let neighbours = try plugin.neighbours(of: try decode(target), call: view)
            for neighbour in neighbours.prefix(Neighbour.most) { neighbour.report(to: call, found, redaction) }
            return Outcome(message: "\(neighbours.count) places around it")
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
        guard let fields = read(target, \.fields)?.bytes else {
            throw PushFailure(.internal, "the host gave no target")
        }
        return try decodeFields(Plugin.Target.self, from: fields, what: "the target's fields")
    }
}

/// Decodes fields that the host has checked against the manifest's schema, and says which one does not fit after all.
func decodeFields<Fields: Decodable>(
    _ type: Fields.Type, from bytes: UnsafeRawBufferPointer, what: String
) throws(PushFailure) -> Fields {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw PushFailure(.invalidConfiguration, "\(what): \(sentence(error))")
    } catch {
        throw PushFailure(.invalidConfiguration, "\(what) are not understood")
    }
}

/// What is wrong, without the value: it may be a secret.
private func sentence(_ error: DecodingError) -> String {
    func name(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, _): return "\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(name(context)) has the wrong type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
        return "\(name(context)): \(context.debugDescription)"
    default: return "not a JSON object"
    }
}
