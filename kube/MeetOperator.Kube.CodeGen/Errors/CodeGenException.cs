namespace MeetOperator.Kube.CodeGen.Errors;

/// <summary>A type cannot be converted to a manifest, or an argument is invalid. The message names the member and the fix.</summary>
internal sealed class CodeGenException(string message) : Exception(message);
