internal import FoundationEssentials
internal import Glibc

/// Why a file could not be written or read.
public enum FileFailure {
    /// The system's words for an error of FoundationEssentials, as `Permission denied`.
    public static func reason(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        guard let cause = error.underlying as? POSIXError else { return "error \(error.code.rawValue)" }
        return String(cString: strerror(cause.code.rawValue))
    }
}
