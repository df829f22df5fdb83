namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>A store file is corrupt. The message contains the file name and the steps to recover.</summary>
internal sealed class DamagedStoreException(string message) : IOException(message);
