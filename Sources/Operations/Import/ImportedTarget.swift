internal import JSON

/// A target that an imported file names.
struct ImportedTarget {
    /// The IAM user.
    var user: String
    /// The pusher's name; of another program's file the plugin's ID, for which the configuration has a pusher.
    var pusher: String
    /// The target's fields, as texts.
    var fields: [String: String]
    /// Why it is there, for the comment.
    var why: String
    /// What the other program's file says of the user: `rotate-every` and `aws`.
    var settings = UserSettings()

    struct UserSettings: Hashable {
        var rotateEvery: String?
        var roleARN: String?
        var externalID: String?
    }
}

/// What an imported file holds, and what of it becomes no target.
struct ImportedFile {
    var targets: [ImportedTarget] = []
    /// What was left out, each with the reason.
    var leftOut: [String] = []
}

/// What is wrong with an imported file.
struct ImportFailure: Error {
    var line: Int?
    var message: String
}
