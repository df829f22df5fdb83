namespace MeetOperator.Probe;

/// <summary>The call did not come about; the message names the step and what to look at.</summary>
internal sealed class ProbeException(string message) : Exception(message);
