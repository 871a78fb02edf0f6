import FoundationEssentials
import JSON
import Synchronization

/// The part of Travis CI's API v3 that keeps environment variables.
struct TravisService: RequestAnswering {
    let world: World
    let gate: TravisGate

    func reply(to request: Request) async -> Reply {
        if let refusal = gate.refusal(of: request) { return refusal }
        guard Self.asksForVersion3(request) else {
            return .text(404, "not found: this is version 3 of the API", type: "text/html")
        }
        do throws(TravisError) {
            if let reply = try find(request) { return reply }
            guard let route = TravisRoute(request) else { throw .noRoute }
            guard route.methods.contains(request.method) else { throw .methodNotAllowed }
            let parameters = try TravisParameters(request)
            guard let repository = world.travis.withLock({ $0.repository(route.repository) }) else {
                throw .notFound("repository")
            }
            let exchange = TravisExchange(
                repository: repository, href: "\(route.prefix)/repo/\(repository.id)", parameters: parameters)
            switch (request.method, route.variable) {
            case ("POST", _): return try await create(exchange)
            case ("PATCH", let id?): return try await update(id, exchange)
            case ("DELETE", let id?): return try await delete(id, exchange)
            case (_, let id?): return .json(200, exchange.render(try exchange.variable(id)))
            case (_, nil): return list(exchange, isMinimal: request.queryValue("representation") == "minimal")
            }
        } catch {
            return error.reply
        }
    }

    /// Any of three ways selects it (its `opt_in.rb`).
    private static func asksForVersion3(_ request: Request) -> Bool {
        request.header("Travis-API-Version") == "3" || request.segments.first == "v3"
            || (request.header("Accept") ?? "").contains("application/vnd.travis-ci.3+")
    }

    private func list(_ exchange: TravisExchange, isMinimal: Bool) -> Reply {
        var body: [String: JSONValue] = [
            "@type": "env_vars", "@href": .string(exchange.href + "/env_vars"),
            "@representation": isMinimal ? "minimal" : "standard",
            "env_vars": .array(exchange.repository.variables.map { exchange.render($0, isMinimal: isMinimal) }),
        ]
        if !exchange.parameters.warnings.isEmpty { body["@warnings"] = .array(exchange.parameters.warnings) }
        return .json(200, .object(body))
    }

    private func create(_ exchange: TravisExchange) async throws(TravisError) -> Reply {
        guard let name = exchange.parameters.name, !name.allSatisfy(\.isWhitespace) else { throw .unprocessable }
        var variable = TravisVariable(id: Random.uuid(), name: name)
        exchange.parameters.apply(to: &variable)
        let made = variable
        try await write(exchange) { variables throws(TravisError) in
            guard !variables.contains(where: { $0.name == made.name && $0.branch == made.branch }) else {
                throw .duplicate
            }
            variables.append(made)
        }
        return .json(201, exchange.withWarnings(exchange.render(made)))
    }

    private func update(_ id: String, _ exchange: TravisExchange) async throws(TravisError) -> Reply {
        var changed = try exchange.variable(id)
        exchange.parameters.apply(to: &changed)
        try await write(exchange) { variables throws(TravisError) in
            guard let index = variables.firstIndex(where: { $0.id == id }) else { throw .notFound("env_var") }
            exchange.parameters.apply(to: &variables[index])
        }
        return .json(200, exchange.withWarnings(exchange.render(changed)))
    }

    private func delete(_ id: String, _ exchange: TravisExchange) async throws(TravisError) -> Reply {
        _ = try exchange.variable(id)
        try await write(exchange) { variables throws(TravisError) in variables.removeAll { $0.id == id } }
        return .empty(204)
    }

    /// Reads the document, changes it and writes it back without a lock, as Travis CI does.
    ///
    /// With a latency, the time between the reading and the writing is long enough for another writer to come
    /// in between; what that one wrote is then lost.
    private func write(
        _ exchange: TravisExchange, change: (inout [TravisVariable]) throws(TravisError) -> Void
    ) async throws(TravisError) {
        let id = exchange.repository.id
        guard world.settings.latency > .zero else {
            return try world.travis.withLock { travis throws(TravisError) in
                var variables = travis.repository(String(id))?.variables ?? []
                try change(&variables)
                travis.write(variables, to: id)
            }
        }
        var variables = exchange.repository.variables
        try change(&variables)
        // A client that has gone away does not stop a write that has begun.
        try? await Task.sleep(for: world.settings.latency)
        world.travis.withLock { [variables] in $0.write(variables, to: id) }
    }
}
