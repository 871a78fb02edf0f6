/// The systems that the sandbox imitates.
enum Service: String, Sendable, CaseIterable {
    case aws, travis, gitlab, github
}
