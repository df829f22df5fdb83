namespace MeetOperator.Probe;

/// <summary>A step of the call failed. The message names the step and what to check.</summary>
internal sealed class ProbeException(string message) : Exception(message);
