using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.Rtc.Dtls;

namespace MeetOperator.Rtc.Tests.Dtls;

/// <summary>Runs <c>openssl s_client</c> over loopback against an <see cref="OpenSslDtlsEndpoint"/>.</summary>
internal sealed class OpenSslClient : IDisposable
{
    private const string KeyingMaterialLine = "Keying material: ";

    private readonly string _folder = Directory.CreateTempSubdirectory("meet-dtls-").FullName;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly StringBuilder _text = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private Process? _process;

    internal OpenSslClient(DtlsCertificate certificate)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.ReceiveTimeout = 20;
        Endpoint = new OpenSslDtlsEndpoint(certificate, DtlsRole.Server, 1200);
    }

    internal OpenSslDtlsEndpoint Endpoint { get; }

    /// <summary>The datagrams from the client in order.</summary>
    internal List<byte[]> FromClient { get; } = [];

    internal string Output
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>The exported keying material that the client printed, or null.</summary>
    internal byte[]? KeyingMaterial
    {
        get
        {
            var line = Output.Split('\n').FirstOrDefault(l => l.Contains(KeyingMaterialLine, StringComparison.Ordinal));
            return line is null ? null : Convert.FromHexString(line[(line.IndexOf(KeyingMaterialLine, StringComparison.Ordinal) + KeyingMaterialLine.Length)..].Trim());
        }
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit(2000);
        }

        _process?.Dispose();
        _socket.Dispose();
        Endpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Creates a client certificate with the openssl command.</summary>
    internal (string Certificate, string Key) CreateCertificate(string algorithm)
    {
        var certificate = Path.Combine(_folder, "client.pem");
        var key = Path.Combine(_folder, "client.key");
        var parameters = algorithm == "ec" ? "ec -pkeyopt ec_paramgen_curve:prime256v1" : "rsa:2048";
        using var made = Process.Start(new ProcessStartInfo(
            "openssl", $"req -x509 -newkey {parameters} -nodes -days 1 -subj /CN=client -keyout {key} -out {certificate}")
        {
            RedirectStandardError = true,
        })!;
        made.StandardError.ReadToEnd();
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        return (certificate, key);
    }

    /// <summary>Starts the client and serves it until the condition is true. False after one minute.</summary>
    internal bool Run(string arguments, Func<bool> until)
    {
        var port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        _process = Process.Start(new ProcessStartInfo("openssl", $"s_client -connect 127.0.0.1:{port} {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return Serve(until);
    }

    /// <summary>Writes a line to the client's standard input: R requests a renegotiation, Q ends the client.</summary>
    internal void Type(string line)
    {
        _process!.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Serves the running client until the condition is true. False after one minute.</summary>
    internal bool Serve(Func<bool> until)
    {
        var clock = Stopwatch.StartNew();
        var buffer = new byte[2048];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (!until())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
            {
                return false;
            }

            try
            {
                var length = _socket.ReceiveFrom(buffer, ref from);
                FromClient.Add(buffer[..length]);
                Endpoint.Feed(_time.Elapsed.Ticks, buffer.AsSpan(0, length));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.ConnectionRefused)
            {
                Endpoint.HandleTimeout(_time.Elapsed.Ticks); // no datagram arrived
            }

            while (FromClient.Count > 0 && Endpoint.TryPoll(buffer, out var written))
            {
                _socket.SendTo(buffer.AsSpan(0, written), from);
            }
        }

        return true;
    }

    private void Collect(object sender, DataReceivedEventArgs e)
    {
        lock (_text)
        {
            _text.Append(e.Data).Append('\n');
        }
    }
}
