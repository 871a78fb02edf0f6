import FoundationEssentials
import Synchronization

/// The part of GitLab's API that keeps CI/CD variables.
struct GitLabService: RequestAnswering {
    let world: World
    let window = RequestWindow(seconds: 60)

    /// What an authenticated user may ask in a minute on GitLab.com.
    static let requestLimit = 2000

    func reply(to request: Request) async -> Reply {
        let reading = window.spend(1, by: request.client)
        let limit = world.settings.keepsRateLimits ? Self.requestLimit : 1_000_000
        var headers = Self.headers(reading, limit: limit)
        if reading.used > limit {
            let wait = max(1, Int(reading.reset.timeIntervalSinceNow.rounded(.up)))
            headers.append(("RateLimit-ResetTime", DateField.text(reading.reset)))
            headers.append(("Retry-After", String(wait)))
            return Reply.text(429, "Retry later\n").adding(headers)
        }
        do throws(GitLabError) {
            return try answer(request).adding(headers)
        } catch {
            return error.reply.adding(headers)
        }
    }

    private static func headers(_ reading: RequestWindow.Reading, limit: Int) -> [(name: String, value: String)] {
        [
            ("RateLimit-Limit", String(limit)), ("RateLimit-Name", "throttle_authenticated_api"),
            ("RateLimit-Observed", String(reading.used)),
            ("RateLimit-Remaining", String(max(0, limit - reading.used))),
            ("RateLimit-Reset", String(Timestamp.epochSeconds(reading.reset))),
        ]
    }

    private func answer(_ request: Request) throws(GitLabError) -> Reply {
        try authenticate(request)
        let moods = world.moods.withLock { $0 }
        let isReading = request.method == "GET" || request.method == "HEAD"
        guard isReading || !moods.gitlabIsReadOnly else {
            throw .message(403, "Forbidden - You cannot perform write operations on a read-only instance")
        }
        if isReading, let reply = describe(request, moods) { return reply }
        if isReading, let reply = try find(request) { return reply }
        guard let route = GitLabRoute(request) else { throw .noRoute }
        guard route.methods.contains(request.method) else { throw .methodNotAllowed }
        if route.kind == .project, let owner = route.owner, let place = moods.gitlabMoved[owner] {
            return try moved(request, to: place)
        }
        let parameters = try GitLabParameters(request)
        return try world.gitlab.withLock { instance throws(GitLabError) in
            guard let index = instance.index(of: route.kind, route.owner) else {
                throw .message(404, "\(route.kind.title) Not Found")
            }
            guard let key = route.key else {
                return request.method == "POST"
                    ? try Self.create(parameters, in: &instance[index], hasScopes: moods.gitlabHasGroupScopes)
                    : try Self.list(instance[index], parameters, request)
            }
            switch request.method {
            case "PUT": return try Self.update(key, parameters, in: &instance[index])
            case "DELETE": return try Self.delete(key, parameters, from: &instance[index])
            default: return try Self.show(key, parameters, of: instance[index])
            }
        }
    }

    private func authenticate(_ request: Request) throws(GitLabError) {
        var given = request.header("PRIVATE-TOKEN")
        if given == nil, let authorization = request.header("Authorization") {
            let words = authorization.split(separator: " ", maxSplits: 1)
            if words.count == 2, words[0].lowercased() == "bearer" { given = String(words[1]) }
        }
        given = given ?? request.queryValue("private_token") ?? request.queryValue("access_token")
        guard let given, Sodium.equal(given, world.credentials.gitlab) else { throw .unauthorized }
    }
}
