using System.Globalization;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// Finds the allocations of coturn by its UDP sockets with relay ports, as the kernel reports them: coturn opens one for each address that it allocates. Its log says the same, but
/// clients can write to it. Thread-safe.
/// </summary>
internal sealed class RelaySockets(TurnOptions options, RunningCoturn coturn)
{
    /// <summary>Returns the ports of the sockets; none while coturn does not run.</summary>
    public IReadOnlyList<int> Ports()
    {
        if (coturn.ProcessId == 0)
        {
            return [];
        }

        try
        {
            var process = string.Create(CultureInfo.InvariantCulture, $"/proc/{coturn.ProcessId}");
            var relayed = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var table in (string[])[$"{process}/net/udp", $"{process}/net/udp6"])
            {
                if (File.Exists(table)) // there is no udp6 where IPv6 is switched off
                {
                    AddRelayed(File.ReadLines(table), relayed);
                }
            }

            // The tables have the sockets of all processes in the network namespace, which can be that of the host.
            List<int> ports = [];
            foreach (var file in new DirectoryInfo($"{process}/fd").EnumerateFiles())
            {
                if (Target(file) is { } target && relayed.TryGetValue(target, out var port))
                {
                    ports.Add(port);
                }
            }

            return ports;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return []; // coturn has ended, and this process ends with it.
        }
    }

    /// <summary>Adds the sockets of a table of /proc/net that have a relay port, by the names that they have in /proc.</summary>
    internal void AddRelayed(IEnumerable<string> lines, Dictionary<string, int> sockets)
    {
        foreach (var line in lines)
        {
            // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
            var fields = line.Split(' ', 11, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9
                && int.TryParse(fields[1].AsSpan(fields[1].IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port)
                && port >= options.RelayPorts.Min && port <= options.RelayPorts.Max && port != options.Port)
            {
                sockets[$"socket:[{fields[9]}]"] = port;
            }
        }
    }

    private static string? Target(FileInfo file)
    {
        try
        {
            return file.LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed meanwhile
        }
    }
}
