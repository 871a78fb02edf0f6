internal import PlainText
internal import PusherConformance

/// What `plugin test` found, as the XML that CI systems read test results from (JUnit's, as Jenkins, GitLab, GitHub's actions and Azure
/// DevOps take it).
struct JUnitReport {
    let report: PluginTrial.Report

    /// The document. What comes from the plugin is made one line, and escaped.
    var text: String {
        let results = report.results
        let failures = results.count { $0.verdict == .fail }
        let errors = results.count { $0.verdict == .crashed || $0.verdict == .timedOut }
        let seconds = Self.seconds(report.times.values.reduce(.zero, +))
        let counts =
            "tests=\"\(results.count + report.left.count)\" failures=\"\(failures)\" errors=\"\(errors)\" "
            + "skipped=\"\(report.left.count)\" time=\"\(seconds)\""
        let name = Self.escaped(report.id)
        let cases = results.map(testCase) + report.left.map(skipped)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="keyturn plugin test" \(counts)>
              <testsuite name="\(name)" \(counts)>
            \(cases.joined())  </testsuite>
            </testsuites>

            """
    }

    private func testCase(_ result: CheckResult) -> String {
        let time = Self.seconds(report.times[result.check] ?? .zero)
        let begin =
            "    <testcase classname=\"\(Self.escaped(report.id))\" name=\"\(Self.escaped(result.check))\" time=\"\(time)\""
        let message = Self.escaped(result.findings.first ?? result.verdict.rawValue)
        let all = result.findings.map(Self.escaped).joined(separator: "\n")
        let element: String
        switch result.verdict {
        case .pass: return "\(begin)/>\n"
        // There is no element for it, and it is not a failure.
        case .warn: element = "<system-out>warning: \(all)</system-out>"
        case .fail: element = "<failure type=\"fail\" message=\"\(message)\">\(all)</failure>"
        case .crashed, .timedOut:
            element = "<error type=\"\(result.verdict.rawValue)\" message=\"\(message)\">\(all)</error>"
        }
        return "\(begin)>\n      \(element)\n    </testcase>\n"
    }

    private func skipped(_ check: String) -> String {
        """
            <testcase classname="\(Self.escaped(report.id))" name="\(Self.escaped(check))" time="0.000">
              <skipped message="two checks hang in the same place"/>
            </testcase>

        """
    }

    /// Characters that XML 1.0 does not allow are gone once a text is a line.
    static func escaped(_ text: String) -> String {
        PlainText.line(text, limit: 4_096).unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

extension PluginTrial.Report {
    /// The results as JUnit's XML.
    package var junit: String { JUnitReport(report: self).text }
}
