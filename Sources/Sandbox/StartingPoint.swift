import FoundationEssentials

/// The world as it is when the sandbox opens: one user, whose key pair is in three CI systems.
struct StartingPoint {
    static let user = "cicd-bot"
    static let repository = "acme/app"
    static let projects = ["acme/tools/app", "acme/app"]

    private(set) var account = Account()
    private(set) var travis = TravisInstance()
    private(set) var gitlab = GitLabInstance()
    private(set) var github = GitHubInstance()
    let administrator: AccessKey

    init(settings: Settings) throws {
        // These keys are known everywhere.
        let now = Date() - settings.keyAge
        var account = Account()
        func add(_ name: String) throws -> AccessKey {
            _ = try account.createUser(name, at: now)
            return try account.createKey(for: name, at: now, spreadingFor: 0)
        }
        administrator = try add(Account.administrator)
        _ = try add(Self.user)
        for number in stride(from: 1, through: settings.users, by: 1) { _ = try add("ci-\(number)") }
        self.account = account
    }

    /// Adds the places; `acme/app-N` holds the key of `ci-N`, or of the first user where there is no such user.
    mutating func furnish(targets: Int) {
        let first = account.user(Self.user)?.keys.first
        travis.addRepository(Self.repository, holding: first)
        for project in Self.projects { gitlab.addProject(project, holding: project == Self.projects[0] ? first : nil) }
        gitlab.addGroup("acme")
        github.addRepository(Self.repository, holding: first)
        github.addEnvironment("prod", to: Self.repository)
        github.addOrganization("acme")
        for number in stride(from: 1, through: targets, by: 1) {
            let key = account.user("ci-\(number)")?.keys.first ?? first
            let name = "\(Self.repository)-\(number)"
            travis.addRepository(name, holding: key)
            gitlab.addProject(name, holding: key)
            github.addRepository(name, holding: key)
        }
    }
}

/// The names that a key pair has unless a place has others.
enum PairNames {
    static let accessKeyID = "AWS_ACCESS_KEY_ID"
    static let secretAccessKey = "AWS_SECRET_ACCESS_KEY"
}
