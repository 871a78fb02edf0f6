import FoundationEssentials
import JSON
import Synchronization

/// What tests and demonstrations look at the sandbox with, and break it with.
struct ControlService: RequestAnswering {
    let world: World
    let log: RequestLog
    let faults: FaultPlan
    let gate: TravisGate

    struct Refusal: Error {
        let status: Int
        let message: String
    }

    func reply(to request: Request) async -> Reply {
        do throws(Refusal) { return try answer(request) } catch {
            return .json(error.status, ["error": .string(error.message)])
        }
    }

    private func answer(_ request: Request) throws(Refusal) -> Reply {
        switch (request.method, request.path) {
        case ("GET", "/state"): return .json(200, state)
        case ("GET", "/requests"): return .json(200, requests)
        case ("POST", "/requests/clear"):
            log.clear()
            return .empty(204)
        case ("POST", "/faults"): return try addFault(request)
        case ("DELETE", "/faults"):
            faults.clear()
            gate.liftBans()
            return .empty(204)
        case ("POST", "/users"): return try addUser(request)
        case ("POST", "/places"): return try addPlace(request)
        case ("POST", "/plants"): return try plant(request)
        case ("POST", "/apps"): return try addApp(request)
        case ("POST", "/apps/forget"): return forgetTokens()
        case ("POST", "/archived"): return try archive(request)
        case ("POST", "/clock"): return try setClock(request)
        case ("POST", "/moods"): return try setMoods(request)
        default: throw Refusal(status: 404, message: "no such path; see the documentation of keyturn sandbox")
        }
    }

    /// Sets AWS's clock ahead by N seconds, or back.
    private func setClock(_ request: Request) throws(Refusal) -> Reply {
        guard let seconds = try fields(request)["seconds"]?.int, abs(seconds) < 86_400 * 366 else {
            throw Refusal(status: 400, message: "seconds must be a number, within a year")
        }
        world.awsLead.withLock { $0 = Double(seconds) }
        return .empty(204)
    }

    /// Changes how the services differ from an ordinary day.
    private func setMoods(_ request: Request) throws(Refusal) -> Reply {
        let fields = try fields(request)
        let stranger = world.moods.withLock { $0.apply(fields) }
        if let stranger { throw Refusal(status: 400, message: "there is no field \(stranger)") }
        return .empty(204)
    }

    private var requests: JSONValue {
        .array(
            log.entries.map { entry in
                [
                    "n": .int(entry.number), "service": .string(entry.service.rawValue),
                    "method": .string(entry.method), "path": .string(entry.path),
                    "status": entry.status.map(JSONValue.int) ?? .null,
                    "milliseconds": .int(
                        Int(
                            (entry.at - log.start).components.seconds * 1_000
                                + (entry.at - log.start).components.attoseconds / 1_000_000_000_000_000)),
                ]
            })
    }

    private func addFault(_ request: Request) throws(Refusal) -> Reply {
        let fault: Fault
        do throws(Fault.Invalid) {
            fault = try Fault(try object(request, orThrow: Fault.Invalid(reason: "the body is not JSON")))
        } catch {
            throw Refusal(status: 400, message: error.reason)
        }
        guard let id = faults.add(fault) else { throw Refusal(status: 409, message: "there are too many faults") }
        return .json(201, ["id": .int(id)])
    }

    private func object<Failure: Error>(_ request: Request, orThrow failure: Failure) throws(Failure) -> JSONValue {
        guard let json = JSONValue(parsing: request.body), json.object != nil else { throw failure }
        return json
    }

    func fields(_ request: Request) throws(Refusal) -> [String: JSONValue] {
        let json = try object(request, orThrow: Refusal(status: 400, message: "the body must be a JSON object"))
        return json.object ?? [:]
    }
}
