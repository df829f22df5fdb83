namespace MeetOperator.Signaling.Hub;

internal static partial class SessionLog
{
    [LoggerMessage(3040, LogLevel.Error, "Meeting {Meeting}: a step of the session failed.")]
    public static partial void StepFailed(ILogger logger, Exception e, string meeting);
}
