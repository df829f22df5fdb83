namespace MeetOperator.KubectlMeet.Reading;

/// <summary>The command cannot do what it is for. The message says why, and what to do.</summary>
internal sealed class MissingObjectException(string message) : Exception(message);
