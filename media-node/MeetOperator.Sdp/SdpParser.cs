using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MeetOperator.Sdp;

/// <summary>Parses the structure of a description. The properties of <see cref="MediaSection"/> interpret the attributes.</summary>
internal static class SdpParser
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out SessionDescription? description, [NotNullWhen(false)] out SdpError? error)
    {
        description = null;
        error = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            error = new SdpError(0, "the description is empty; expected v=0 as the first line.");
            return false;
        }

        if (text.Length > SdpLimits.MaxCharacters)
        {
            error = new SdpError(0, $"the description has {text.Length} characters; the maximum is {SdpLimits.MaxCharacters}.");
            return false;
        }

        var reader = new Reader();
        var number = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            var line = raw.TrimEnd();
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            if (number > SdpLimits.MaxLines)
            {
                error = new SdpError(number, $"the description has more than {SdpLimits.MaxLines} lines.");
            }
            else if (line.Length > SdpLimits.MaxLineCharacters)
            {
                error = new SdpError(number, $"the line has {line.Length} characters; the maximum is {SdpLimits.MaxLineCharacters}.");
            }
            else if (reader.AddLine(line) is { } problem)
            {
                error = new SdpError(number, problem);
            }

            if (error is not null)
            {
                return false;
            }
        }

        description = reader.Finish();
        return true;
    }

    private sealed class Reader
    {
        private readonly List<SdpAttribute> _sessionAttributes = [];
        private readonly List<MediaSection> _sections = [];
        private List<SdpAttribute> _attributes;
        private bool _hasVersion;
        private string _origin = "- 0 0 IN IP4 0.0.0.0";

        public Reader() => _attributes = _sessionAttributes;

        public SessionDescription Finish() => new() { Origin = _origin, Attributes = _sessionAttributes, Sections = _sections };

        /// <summary>Adds a line. Returns an error message, or null when the line is valid.</summary>
        public string? AddLine(ReadOnlySpan<char> line)
        {
            if (line.Length < 2 || line[1] != '=' || line[0] is < 'a' or > 'z')
            {
                return "expected <letter>=<value>.";
            }

            if (line.ContainsAnyInRange('\0', '\u0008'))
            {
                return "control characters are not allowed.";
            }

            var value = line[2..];
            if (!_hasVersion)
            {
                _hasVersion = true;
                return line[0] == 'v' && value.Trim() is "0" ? null : "expected v=0 as the first line.";
            }

            switch (line[0])
            {
                case 'o':
                    _origin = value.ToString();
                    return null;
                case 'm':
                    return AddSection(value);
                case 'a':
                    var colon = value.IndexOf(':');
                    if (colon == 0 || value.Length == 0)
                    {
                        return "expected a=<name> or a=<name>:<value>.";
                    }

                    _attributes.Add(colon < 0
                        ? new SdpAttribute(value.ToString())
                        : new SdpAttribute(value[..colon].ToString(), value[(colon + 1)..].ToString()));
                    return null;
                default:
                    return null;
            }
        }

        private string? AddSection(ReadOnlySpan<char> value)
        {
            var parts = value.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 4)
            {
                return "expected m=<kind> <port> <protocol> <format>….";
            }

            if (!int.TryParse(parts[1].Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
            {
                return $"'{Shorten(parts[1])}' is not a port number.";
            }

            if (_sections.Count == SdpLimits.MaxSections)
            {
                return $"the description has more than {SdpLimits.MaxSections} media sections.";
            }

            _attributes = [];
            _sections.Add(new MediaSection { Kind = parts[0], Port = port, Protocol = parts[2], Formats = parts[3..], Attributes = _attributes });
            return null;
        }

        private static string Shorten(string text) => text.Length <= 32 ? text : text[..32] + "…";
    }
}
