using System.Text;

namespace MeetOperator.Sdp;

/// <summary>Writes a description with CRLF line ends; addresses are not used with ICE and are written as 0.0.0.0.</summary>
internal static class SdpWriter
{
    public static string Write(SessionDescription description)
    {
        var text = new StringBuilder(1024 + (description.Sections.Count * 1024));
        Line(text, "v=0");
        Line(text, "o=" + description.Origin);
        Line(text, "s=-");
        Line(text, "t=0 0");
        foreach (var attribute in description.Attributes)
        {
            Line(text, attribute.ToString());
        }

        foreach (var section in description.Sections)
        {
            Line(text, $"m={section.Kind} {section.Port} {section.Protocol} {string.Join(' ', section.Formats)}");
            Line(text, "c=IN IP4 0.0.0.0");
            foreach (var attribute in section.Attributes)
            {
                Line(text, attribute.ToString());
            }
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append("\r\n");
}
