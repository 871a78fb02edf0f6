import FoundationEssentials
import JSON
import Synchronization

/// The part of GitHub's REST API that keeps secrets and variables.
struct GitHubService: RequestAnswering {
    let world: World
    let budget: GitHubBudget

    static let versions: Set<String> = ["2022-11-28", "2026-03-10"]

    func reply(to request: Request) async -> Reply {
        let moods = world.moods.withLock { $0 }
        var headers = [("Date", DateField.text(Date().addingTimeInterval(moods.githubLead)))]
        if let end = moods.githubTokenEnd { headers.append(("GitHub-Authentication-Token-Expiration", end)) }
        return answer(request).adding(headers)
    }

    private func answer(_ request: Request) -> Reply {
        guard let agent = request.header("User-Agent"), !agent.isEmpty else {
            return .text(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header")
        }
        let reading = budget.spend(request)
        let version = request.header("X-GitHub-Api-Version") ?? "2022-11-28"
        let headers =
            budget.headers(reading) + [
                ("X-GitHub-Request-Id", Random.uuid()), ("X-GitHub-Media-Type", "github.v3; format=json"),
                ("X-GitHub-Api-Version-Selected", version),
            ]
        if let refusal = budget.refusal(of: reading, for: request) { return refusal.adding(headers) }
        do throws(GitHubError) {
            guard Self.versions.contains(version) else {
                throw GitHubError(status: 400, message: "API version \(version) is not supported.")
            }
            return try answer(request, reading: reading).adding(headers)
        } catch {
            return error.reply.adding(headers)
        }
    }

    private func answer(_ request: Request, reading: GitHubBudget.Reading) throws(GitHubError) -> Reply {
        let route = GitHubRoute(request)
        if case .app(let route) = route { return try answer(route, request) }
        let isOpen = if case .rateLimit = route { request.header("Authorization") == nil } else { false }
        if !isOpen { try authenticate(request, for: route) }
        let method = request.method == "HEAD" ? "GET" : request.method
        switch (method, route) {
        case ("GET", .rateLimit): return .json(200, budget.overview(reading))
        case ("GET", .secrets(let path)): return try list(path, request)
        case ("GET", .publicKey(let path)): return try publicKey(path)
        case ("GET", .secret(let path, let name)): return try show(name, in: path, request)
        case ("PUT", .secret(let path, let name)): return try put(name, in: path, request)
        case ("DELETE", .secret(let path, let name)): return try delete(name, from: path)
        case ("GET", .repository(let name)): return try showRepository(name)
        case ("GET", .listing(let listing)): return try list(listing, request)
        case ("GET", .agentVariables(let place)): return try listAgentVariables(place, request)
        case ("GET", .environments(let name)): return try environments(of: name, request)
        case ("GET", .organizationVariables(let name)): return try inheritedVariables(of: name, request)
        case ("GET", .secretRepositories(let path, let name)): return try secretRepositories(name, in: path, request)
        case ("GET", .variables(let place)): return try listVariables(place, request)
        case ("POST", .variables(let place)): return try createVariable(in: place, request)
        case ("GET", .variable(let place, let name)): return try showVariable(name, in: place, request)
        case ("PATCH", .variable(let place, let name)): return try updateVariable(name, in: place, request)
        case ("DELETE", .variable(let place, let name)): return try deleteVariable(name, from: place)
        case ("GET", .variableRepositories(let place, let name)):
            return try variableRepositories(name, in: place, request)
        // GitHub says of a method that it does not know what it says of an unknown path.
        default: throw .notFound
        }
    }

    /// The JSON object in the body; GitHub does not ask what the body says it is.
    func object(in request: Request) throws(GitHubError) -> [String: JSONValue] {
        guard let json = JSONValue(parsing: request.body) else { throw .unreadableJSON }
        guard let object = json.object else { throw .noObject }
        return object
    }

    /// The page that is asked for; numbers that make no sense count as not sent.
    func page(_ request: Request, total: Int, standard: Int, most: Int) -> Page {
        func positive(_ name: String) -> Int? {
            request.queryValue(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
        return Page(number: positive("page") ?? 1, size: min(most, positive("per_page") ?? standard), total: total)
    }

    /// A list as GitHub sends it, with links to its other pages.
    func list(_ name: String, _ items: [JSONValue], page: Page, request: Request) -> Reply {
        let reply = Reply.json(200, ["total_count": .int(page.total), name: .array(items)])
        let link = page.link(
            to: request.base + request.path,
            relations: [
                ("prev", page.previous), ("next", page.next), ("last", page.next == nil ? nil : page.pages),
                ("first", page.previous == nil ? nil : 1),
            ])
        return link.map { reply.adding([("Link", $0)]) } ?? reply
    }

    /// The rules for the names of secrets and variables; nil when the name keeps them.
    static func complaint(aboutName name: String) -> String? {
        if name.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]*/#) == nil {
            return "Names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). "
                + "Spaces are not allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_)."
        }
        return name.uppercased().hasPrefix("GITHUB_") ? "Names must not start with GITHUB_." : nil
    }
}
