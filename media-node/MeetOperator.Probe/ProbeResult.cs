using System.Globalization;
using System.Text;

namespace MeetOperator.Probe;

/// <summary>Evaluates and formats the figures of a call. Pure functions.</summary>
internal static class ProbeResult
{
    /// <summary>The call fails when the share of lost packets is higher.</summary>
    private const double AcceptedLoss = 0.1;

    public static bool IsSuccess(IEnumerable<MediaStream> streams) => streams.All(s => s.Received > 0 && s.Received >= s.Sent * (1 - AcceptedLoss));

    public static string Table(IEnumerable<MediaStream> streams)
    {
        var table = new StringBuilder("        sent  received    lost   delay p50   delay p99\n");
        foreach (var stream in streams)
        {
            table.Append(CultureInfo.InvariantCulture,
                $"{stream.Name}  {stream.Sent,6}  {stream.Received,8}  {stream.Sent - stream.Received,6}  {stream.DelayMs(0.5),7:0.0} ms  {stream.DelayMs(0.99),7:0.0} ms\n");
        }

        return table.ToString();
    }
}
