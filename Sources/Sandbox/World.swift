import FoundationEssentials
import Synchronization

/// How the sandbox was asked to behave.
struct Settings: Sendable {
    var propagationDelaySeconds = 1.0
    var latency = Duration.zero
    /// How many more places each CI system has besides the first ones.
    var targets = 0
    /// How many more IAM users there are.
    var users = 0
    /// How old the first keys are, in seconds.
    var keyAge = 0.0
    /// Whether the limits of GitHub and GitLab are enforced, or only reported.
    var keepsRateLimits = false
    /// How long the minute of GitHub's limits is, in seconds.
    var githubMinute = 60.0
}

/// What a client must show to be let in; made up at every start.
struct Credentials: Sendable {
    let accessKeyID: String
    let secretAccessKey: String
    let travis = Random.travisToken()
    let gitlab = Random.gitlabToken()
    let github = Random.githubToken()
}

/// Everything that the stand-ins remember. Each system has a lock of its own, as each is a system of its own.
final class World: Sendable {
    let settings: Settings
    let credentials: Credentials
    let account: Mutex<Account>
    let travis: Mutex<TravisInstance>
    let gitlab: Mutex<GitLabInstance>
    let github: Mutex<GitHubInstance>
    let moods = Mutex(Moods())
    /// Seconds by which AWS's clock is ahead of this machine's.
    let awsLead = Mutex(0.0)

    /// The time by AWS's clock.
    var awsNow: Date { Date().addingTimeInterval(awsLead.withLock { $0 }) }

    init(settings: Settings) throws {
        var start = try StartingPoint(settings: settings)
        self.settings = settings
        credentials = Credentials(
            accessKeyID: start.administrator.id, secretAccessKey: start.administrator.secret)
        start.furnish(targets: settings.targets)
        account = Mutex(start.account)
        travis = Mutex(start.travis)
        gitlab = Mutex(start.gitlab)
        github = Mutex(start.github)
    }
}
