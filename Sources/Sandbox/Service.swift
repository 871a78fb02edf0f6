/// The systems that the sandbox stands in for.
enum Service: String, Sendable, CaseIterable {
    case aws, travis, gitlab, github
}
