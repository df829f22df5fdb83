namespace MeetOperator.Kube.CodeGen;

/// <summary>A type cannot be expressed; the message names the member and the fix.</summary>
public sealed class CodeGenException(string message) : Exception(message);
