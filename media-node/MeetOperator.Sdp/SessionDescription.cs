using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sdp;

/// <summary>A session description (RFC 8866). <see cref="TryParse"/> reads it and <see cref="ToString"/> writes it.</summary>
public sealed class SessionDescription
{
    /// <summary>The value of <c>o=</c>.</summary>
    public required string Origin { get; init; }
    public required IReadOnlyList<SdpAttribute> Attributes { get; init; }
    public required IReadOnlyList<MediaSection> Sections { get; init; }

    /// <summary>The MIDs of the first BUNDLE group (RFC 9143); empty when there is none.</summary>
    public IReadOnlyList<string> BundledMids
    {
        get
        {
            foreach (var attribute in Attributes)
            {
                if (attribute is { Name: "group", Value: { } value } && value.StartsWith("BUNDLE", StringComparison.Ordinal))
                {
                    return value.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
                }
            }

            return [];
        }
    }

    /// <summary>The value of a session-level attribute, or null.</summary>
    public string? Value(string name)
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name && attribute.Value is not null)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    /// <summary>All values of a session-level attribute.</summary>
    public IEnumerable<string> Values(string name)
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name && attribute.Value is not null)
            {
                yield return attribute.Value;
            }
        }
    }

    /// <summary>Parses a description. Never throws. On failure, <paramref name="error"/> identifies the line.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SessionDescription? description, [NotNullWhen(false)] out SdpError? error) =>
        SdpParser.TryParse(text, out description, out error);

    public override string ToString() => SdpWriter.Write(this);
}
