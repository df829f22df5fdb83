using MeetOperator.Probe;

if (args is ["--help"])
{
    Console.WriteLine(ProbeOptionsReader.Usage);
    return 0;
}

if (ProbeOptionsReader.Read(args, Environment.GetEnvironmentVariable, out var error) is not { } options)
{
    Console.Error.WriteLine(error);
    Console.Error.WriteLine(ProbeOptionsReader.Usage);
    return 2;
}

using var http = new HttpClient();
using var call = new ProbeCall(new MeetingApi(http, options, TimeProvider.System), options, Console.Out);
try
{
    await call.RunAsync(CancellationToken.None);
}
catch (ProbeException e)
{
    Console.Error.WriteLine($"failed: {e.Message}");
    return 1;
}

Console.Write(ProbeResult.Table(call.Streams));
if (!ProbeResult.IsSuccess(call.Streams))
{
    Console.Error.WriteLine("failed: more than 10% of the packets were lost.");
    return 1;
}

Console.WriteLine("Audio and video passed through the media node.");
return 0;
