using System.Text;

namespace MeetOperator.Sdp;

/// <summary>Writes a description with CRLF line endings. ICE does not use the addresses in it, so they are 0.0.0.0.</summary>
internal static class SdpWriter
{
    public static string Write(SessionDescription description)
    {
        var text = new StringBuilder(1024 + (description.Sections.Count * 1024));
        AppendLine(text, "v=0");
        AppendLine(text, "o=" + description.Origin);
        AppendLine(text, "s=-");
        AppendLine(text, "t=0 0");
        foreach (var attribute in description.Attributes)
        {
            AppendLine(text, attribute.ToString());
        }

        foreach (var section in description.Sections)
        {
            AppendLine(text, $"m={section.Kind} {section.Port} {section.Protocol} {string.Join(' ', section.Formats)}");
            AppendLine(text, "c=IN IP4 0.0.0.0");
            foreach (var attribute in section.Attributes)
            {
                AppendLine(text, attribute.ToString());
            }
        }

        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, string line) => text.Append(line).Append("\r\n");
}
