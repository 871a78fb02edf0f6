internal import JSON

extension DeploymentTemplate {
    /// How often the timer wakes the function up, in minutes. What is due then is done; overlap and soak are hours as a rule.
    private static let minutes: Int64 = 5
    /// Periods of the timer in a row without any event, before there is an alarm.
    private static let missingPeriods: Int64 = 3

    /// The timer: a rule, which needs no role.
    var timerResources: [String: JSONValue] {
        [
            "Timer": [
                "Type": "AWS::Events::Rule",
                "Properties": [
                    "Description": "Wakes keyturn up", "State": "ENABLED",
                    "ScheduleExpression": .string("rate(\(Self.minutes) minutes)"),
                    // The next event does what a lost one would have done.
                    "Targets": [Self.function(retries: 0, seconds: 60 * Self.minutes)],
                ],
            ],
            "TimerPermission": Self.permission(of: "Timer"),
        ]
    }

    /// The rule for events of AWS Health that say that an access key has leaked.
    var leakResources: [String: JSONValue] {
        [
            "LeakedKeys": [
                "Type": "AWS::Events::Rule",
                "Properties": [
                    "Description": "Has keyturn revoke keys that AWS reports as leaked", "State": "ENABLED",
                    "EventPattern": [
                        "source": ["aws.health"], "detail-type": ["AWS Health Event"],
                        "detail": [
                            "service": ["RISK"],
                            "eventTypeCode": .array(LeakNotice.eventTypes.sorted().map { .string($0) }),
                        ],
                    ],
                    // EventBridge's own limits, at their longest.
                    "Targets": [Self.function(retries: 185, seconds: 86_400)],
                ],
            ],
            "LeakedKeysPermission": Self.permission(of: "LeakedKeys"),
        ]
    }

    private static func function(retries: Int64, seconds: Int64) -> JSONValue {
        [
            "Id": "keyturn", "Arn": ["Fn::GetAtt": ["Function", "Arn"]],
            "RetryPolicy": [
                "MaximumRetryAttempts": .integer(retries), "MaximumEventAgeInSeconds": .integer(seconds),
            ],
        ]
    }

    private static func permission(of rule: String) -> JSONValue {
        [
            "Type": "AWS::Lambda::Permission",
            "Properties": [
                "Action": "lambda:InvokeFunction", "FunctionName": ["Fn::GetAtt": ["Function", "Arn"]],
                "Principal": "events.amazonaws.com", "SourceArn": ["Fn::GetAtt": [.string(rule), "Arn"]],
            ],
        ]
    }

    /// A problem that needs a person is a function error; a function that is not woken up says nothing.
    var alarmResources: [String: JSONValue] {
        func alarm(_ description: String, _ more: [String: JSONValue]) -> JSONValue {
            let properties: [String: JSONValue] = [
                "AlarmDescription": .string(description), "Namespace": "AWS/Lambda", "Statistic": "Sum",
                "Dimensions": [["Name": "FunctionName", "Value": ["Ref": "Function"]]],
                "Period": .integer(60 * Self.minutes), "Threshold": 1,
                "AlarmActions": ["Fn::If": ["HasAlarmTopic", [["Ref": "AlarmTopic"]], ["Ref": "AWS::NoValue"]]],
                "OKActions": ["Fn::If": ["HasAlarmTopic", [["Ref": "AlarmTopic"]], ["Ref": "AWS::NoValue"]]],
            ]
            return ["Type": "AWS::CloudWatch::Alarm", "Properties": .object(properties.merging(more) { $1 })]
        }
        return [
            "ErrorsAlarm": alarm(
                "keyturn needs a person: the function's log says why",
                [
                    "MetricName": "Errors", "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "EvaluationPeriods": 1, "TreatMissingData": "notBreaching",
                ]),
            "MissingInvocationsAlarm": alarm(
                "keyturn is not woken up: no key is rotated",
                [
                    "MetricName": "Invocations", "ComparisonOperator": "LessThanThreshold",
                    "EvaluationPeriods": .integer(Self.missingPeriods), "TreatMissingData": "breaching",
                ]),
        ]
    }
}
