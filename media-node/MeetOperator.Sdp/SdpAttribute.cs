namespace MeetOperator.Sdp;

/// <summary>An <c>a=</c> line. It is a flag when <see cref="Value"/> is null.</summary>
public readonly record struct SdpAttribute(string Name, string? Value = null)
{
    public override string ToString() => Value is null ? $"a={Name}" : $"a={Name}:{Value}";
}
