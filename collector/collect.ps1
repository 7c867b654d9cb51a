# dirlift collector, version 1: writes a snapshot of this synchronisation server (format: docs/snapshot.md).
#
# For servers that are too old to run dirlift itself: needs Windows PowerShell 2.0 and nothing else.
# It reads only. It changes nothing, installs nothing, sends nothing, and takes no password, key or encrypted value.
#
#   powershell -ExecutionPolicy Bypass -File collect.ps1 -Out C:\snapshot
#
# Run it as a local administrator who may read the synchronisation database. What cannot be read is named in
# snapshot.json and does not stop the rest. Copy the folder away and give it to `dirlift analyze`.
param(
    [string] $Out = '',
    [switch] $NoDatabase
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$script:NotCollected = New-Object System.Collections.ArrayList
$script:Utf8 = New-Object System.Text.UTF8Encoding $false

function Add-NotCollected([string] $what, [string] $why) {
    $entry = New-Object System.Collections.ArrayList
    [void] $entry.Add(@('what', $what))
    [void] $entry.Add(@('why', $why))
    [void] $script:NotCollected.Add((New-JsonObject $entry))
    Write-Host ('not collected: ' + $what + ': ' + $why)
}

# ---- JSON (PowerShell 2.0 cannot write it by itself) -------------------------------------------------------------------

# A member list is an array of (name, value) pairs, so that the order is kept.
function New-JsonObject($members) {
    $object = New-Object PSObject
    Add-Member -InputObject $object -MemberType NoteProperty -Name JsonMembers -Value $members
    return $object
}

function Format-JsonString([string] $text) {
    $out = New-Object System.Text.StringBuilder
    [void] $out.Append('"')
    foreach ($char in $text.ToCharArray()) {
        $code = [int] $char
        if ($code -eq 34) { [void] $out.Append('\"') }
        elseif ($code -eq 92) { [void] $out.Append('\\') }
        elseif (($code -lt 32) -or ($code -gt 126)) { [void] $out.Append('\u' + $code.ToString('x4')) }
        else { [void] $out.Append($char) }
    }
    [void] $out.Append('"')
    return $out.ToString()
}

function Format-JsonText($value) {
    if ($null -eq $value) { return 'null' }
    if ($value -is [System.DBNull]) { return 'null' }
    if ($value -is [bool]) {
        if ($value) { return 'true' }
        return 'false'
    }
    if (($value -is [int]) -or ($value -is [long]) -or ($value -is [int16]) -or ($value -is [byte]) -or ($value -is [uint32]) -or ($value -is [uint64])) {
        return $value.ToString([System.Globalization.CultureInfo]::InvariantCulture)
    }
    if ($value -is [datetime]) { return (Format-JsonString ($value.ToString('yyyy-MM-ddTHH:mm:ss.fff', [System.Globalization.CultureInfo]::InvariantCulture) + 'Z')) }
    if ($value -is [System.Collections.ArrayList]) {
        $parts = New-Object System.Collections.ArrayList
        foreach ($item in $value) { [void] $parts.Add((Format-JsonText $item)) }
        return '[' + [string]::Join(",`n", $parts.ToArray()) + ']'
    }
    $isObject = $false
    if ($value -is [PSObject]) { $isObject = ($null -ne $value.PSObject.Properties['JsonMembers']) }
    if ($isObject) {
        $parts = New-Object System.Collections.ArrayList
        foreach ($member in $value.JsonMembers) {
            [void] $parts.Add((Format-JsonString $member[0]) + ': ' + (Format-JsonText $member[1]))
        }
        return '{' + [string]::Join(', ', $parts.ToArray()) + '}'
    }
    return (Format-JsonString ([string] $value))
}

function Write-Part([string] $name, [string] $text) {
    [System.IO.File]::WriteAllText((Join-Path $Out $name), $text, $script:Utf8)
}

# ---- Registry ------------------------------------------------------------------------------------------------------

function Get-RegistryValue([string] $key, [string] $name) {
    $path = 'Registry::' + $key
    if (-not (Test-Path -LiteralPath $path)) { return $null }
    $item = Get-Item -LiteralPath $path
    return $item.GetValue($name, $null)
}

# Only the values named here are read, never whole keys.
$RegistryValues = @(
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\MSOLCoExistence', @('InstallPath', 'FullSyncNeeded')),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Microsoft Online Directory Sync', @('DisplayName', 'DisplayVersion')),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\MicrosoftAzureADConnectionTool', @('DisplayName', 'DisplayVersion')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService', @('ObjectName')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters', @('Server', 'SQLInstance', 'DBName', 'Path')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\ADSync', @('ObjectName')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\ADSync\Parameters', @('Server', 'SQLInstance', 'DBName', 'Path')),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Azure AD Connect', @('WizardPath')),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\AD Sync', @()),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Tracing\AzureADConnect_RASAPI32', @()),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Tracing\DirectorySyncTool_RASAPI32', @()),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\.NETFramework\v4.0.30319', @('SystemDefaultTlsVersions', 'SchUseStrongCrypto')),
    @('HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319', @('SystemDefaultTlsVersions', 'SchUseStrongCrypto')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client', @('Enabled', 'DisabledByDefault')),
    @('HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server', @('Enabled', 'DisabledByDefault'))
)

function Write-Registry {
    $lines = New-Object System.Collections.ArrayList
    [void] $lines.Add('Windows Registry Editor Version 5.00')
    foreach ($row in $RegistryValues) {
        $key = $row[0]
        if (Test-Path -LiteralPath ('Registry::' + $key)) {
            [void] $lines.Add('')
            [void] $lines.Add('[' + $key + ']')
            foreach ($name in $row[1]) {
                $value = Get-RegistryValue $key $name
                if ($value -is [string]) {
                    $escaped = $value.Replace('\', '\\').Replace('"', '\"')
                    [void] $lines.Add('"' + $name + '"="' + $escaped + '"')
                }
                elseif (($value -is [int]) -or ($value -is [long])) {
                    $number = [System.BitConverter]::ToUInt32([System.BitConverter]::GetBytes([int] $value), 0)
                    [void] $lines.Add('"' + $name + '"=dword:' + $number.ToString('x8'))
                }
            }
        }
    }
    [void] $lines.Add('')
    $text = [string]::Join("`r`n", $lines.ToArray())
    [System.IO.File]::WriteAllText((Join-Path $Out 'registry.reg'), $text, [System.Text.Encoding]::Unicode)
}

# ---- Host ----------------------------------------------------------------------------------------------------------

$DomainRoles = @('standalone-workstation', 'member-workstation', 'standalone-server', 'member-server', 'backup-domain-controller', 'primary-domain-controller')

function Remove-Credentials([string] $text) {
    return [regex]::Replace($text, '://[^/@\s]*@', '://')
}

function Get-HostMembers {
    $computer = Get-WmiObject -Class Win32_ComputerSystem
    $system = Get-WmiObject -Class Win32_OperatingSystem
    $disk = Get-WmiObject -Class Win32_LogicalDisk -Filter ("DeviceID='" + $env:SystemDrive + "'")
    $megabyte = 1048576

    $os = New-Object System.Collections.ArrayList
    [void] $os.Add(@('caption', $system.Caption.Trim()))
    [void] $os.Add(@('version', $system.Version))
    [void] $os.Add(@('installation_type', (Get-RegistryValue 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'InstallationType')))
    [void] $os.Add(@('service_pack', $system.CSDVersion))

    $release = Get-RegistryValue 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full' 'Release'
    if ($null -eq $release) { $release = 0 }

    $members = New-Object System.Collections.ArrayList
    [void] $members.Add(@('name', $computer.Name))
    [void] $members.Add(@('domain', $computer.Domain))
    [void] $members.Add(@('domain_role', $DomainRoles[[int] $computer.DomainRole]))
    [void] $members.Add(@('os', (New-JsonObject $os)))
    [void] $members.Add(@('dotnet_release', [int] $release))
    [void] $members.Add(@('powershell', $PSVersionTable.PSVersion.ToString()))
    [void] $members.Add(@('memory_mb', [long] [math]::Floor($computer.TotalPhysicalMemory / $megabyte)))
    [void] $members.Add(@('system_disk_mb', [long] [math]::Floor($disk.Size / $megabyte)))
    [void] $members.Add(@('system_disk_free_mb', [long] [math]::Floor($disk.FreeSpace / $megabyte)))
    [void] $members.Add(@('proxy', (Get-Proxy)))
    return , $members
}

function Get-Proxy {
    $members = New-Object System.Collections.ArrayList
    $machine = $null
    $config = Join-Path $env:SystemRoot 'Microsoft.NET\Framework64\v4.0.30319\Config\machine.config'
    if (Test-Path -LiteralPath $config) {
        $machine = ''
        $document = New-Object System.Xml.XmlDocument
        $document.Load($config)
        $node = $document.SelectSingleNode('/configuration/system.net/defaultProxy/proxy/@proxyaddress')
        if ($null -ne $node) { $machine = Remove-Credentials $node.Value }
    }
    [void] $members.Add(@('machine_config', $machine))

    $users = New-Object System.Collections.ArrayList
    foreach ($hive in (Get-ChildItem -LiteralPath 'Registry::HKEY_USERS')) {
        $key = $hive.Name + '\Software\Microsoft\Windows\CurrentVersion\Internet Settings'
        $enabled = Get-RegistryValue $key 'ProxyEnable'
        $proxy = Get-RegistryValue $key 'ProxyServer'
        $autoConfig = Get-RegistryValue $key 'AutoConfigURL'
        $found = $null
        if (($enabled -eq 1) -and ($null -ne $proxy)) { $found = [string] $proxy }
        elseif ($null -ne $autoConfig) { $found = [string] $autoConfig }
        if ($null -ne $found) {
            $user = New-Object System.Collections.ArrayList
            [void] $user.Add(@('account', $hive.PSChildName))
            [void] $user.Add(@('proxy', (Remove-Credentials $found)))
            [void] $users.Add((New-JsonObject $user))
        }
    }
    [void] $members.Add(@('users', $users))
    return (New-JsonObject $members)
}

# ---- Services ------------------------------------------------------------------------------------------------------

function Write-Services {
    $services = New-Object System.Collections.ArrayList
    foreach ($service in (Get-WmiObject -Class Win32_Service)) {
        $path = [string] $service.PathName
        $known = ($service.Name -eq 'FIMSynchronizationService') -or ($service.Name -eq 'ADSync') -or ($service.Name -eq 'MIIServer')
        $known = $known -or ($path -match 'DirSync') -or ($path -match 'miiserver') -or ($path -match 'sqlservr') -or ($service.Name -eq 'msoidsvc')
        if ($known) {
            $start = 'manual'
            if ($service.StartMode -eq 'Auto') { $start = 'automatic' }
            if ($service.StartMode -eq 'Disabled') { $start = 'disabled' }
            $state = 'other'
            if ($service.State -eq 'Running') { $state = 'running' }
            if ($service.State -eq 'Stopped') { $state = 'stopped' }
            $members = New-Object System.Collections.ArrayList
            [void] $members.Add(@('name', $service.Name))
            [void] $members.Add(@('display_name', $service.DisplayName))
            # Only the program, without what follows it: command lines can hold passwords.
            $program = [regex]::Match($path, '^("[^"]*"|.*?\.exe)', 'IgnoreCase').Value
            [void] $members.Add(@('image_path', $program))
            [void] $members.Add(@('account', $service.StartName))
            [void] $members.Add(@('start_type', $start))
            [void] $members.Add(@('state', $state))
            [void] $members.Add(@('exit_code', $service.ExitCode))
            [void] $services.Add((New-JsonObject $members))
        }
    }
    $root = New-Object System.Collections.ArrayList
    [void] $root.Add(@('services', $services))
    Write-Part 'services.json' (Format-JsonText (New-JsonObject $root))
}

# ---- Files ---------------------------------------------------------------------------------------------------------

function ConvertTo-CsvField([string] $text) {
    return '"' + $text.Replace('"', '""') + '"'
}

function Get-Sha256([string] $path) {
    $sha = New-Object System.Security.Cryptography.SHA256Managed
    $stream = [System.IO.File]::OpenRead($path)
    try {
        $hash = $sha.ComputeHash($stream)
    }
    finally {
        $stream.Close()
    }
    return [System.BitConverter]::ToString($hash).Replace('-', '').ToLowerInvariant()
}

function Get-Signer([string] $path) {
    $signature = Get-AuthenticodeSignature -FilePath $path
    if ($signature.Status -ne 'Valid') { return '' }
    return $signature.SignerCertificate.GetNameInfo('SimpleName', $false)
}

function Write-Files([string] $root) {
    $wanted = @('.dll', '.exe', '.xml', '.config', '.psm1', '.psd1')
    $lines = New-Object System.Collections.ArrayList
    [void] $lines.Add('path,size,sha256,version,signer')
    foreach ($file in (Get-ChildItem -LiteralPath $root -Recurse -Force -ErrorAction SilentlyContinue)) {
        if ((-not $file.PSIsContainer) -and ($wanted -contains $file.Extension.ToLowerInvariant())) {
            $hash = '?'
            $version = '?'
            $signer = '?'
            try {
                $hash = Get-Sha256 $file.FullName
                $version = [string] $file.VersionInfo.FileVersion
                $signer = Get-Signer $file.FullName
            }
            catch {
                Add-NotCollected $file.FullName $_.Exception.Message
            }
            $fields = @((ConvertTo-CsvField $file.FullName), $file.Length, $hash, (ConvertTo-CsvField $version), (ConvertTo-CsvField $signer))
            [void] $lines.Add([string]::Join(',', $fields))
        }
    }
    Write-Part 'files.csv' ([string]::Join("`r`n", $lines.ToArray()) + "`r`n")
}

function Copy-Templates([string] $root) {
    $source = Join-Path $root 'ma'
    if (-not (Test-Path -LiteralPath $source)) {
        Add-NotCollected 'templates' ($source + ' does not exist')
        return
    }
    $prefix = (Get-Item -LiteralPath $source).FullName.TrimEnd('\').Length + 1
    foreach ($file in (Get-ChildItem -LiteralPath $source -Recurse -Force)) {
        if ((-not $file.PSIsContainer) -and ($file.Extension.ToLowerInvariant() -eq '.xml')) {
            $target = Join-Path (Join-Path $Out 'templates') $file.FullName.Substring($prefix)
            $folder = Split-Path -Parent $target
            if (-not (Test-Path -LiteralPath $folder)) { [void] (New-Item -ItemType Directory -Path $folder) }
            Copy-Item -LiteralPath $file.FullName -Destination $target
        }
    }
}

# ---- Database ------------------------------------------------------------------------------------------------------

# Statements name their columns; columns with keys or encrypted values are not among them.
function Read-Rows($connection, [string] $sql) {
    $command = $connection.CreateCommand()
    $command.CommandText = $sql
    $command.CommandTimeout = 600
    $rows = New-Object System.Collections.ArrayList
    $reader = $command.ExecuteReader()
    try {
        while ($reader.Read()) {
            $row = @{}
            for ($i = 0; $i -lt $reader.FieldCount; $i++) { $row[$reader.GetName($i)] = $reader.GetValue($i) }
            [void] $rows.Add($row)
        }
    }
    finally {
        $reader.Close()
    }
    return , $rows
}

function Get-Columns($connection, [string] $table) {
    $rows = Read-Rows $connection ("SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = '" + $table + "'")
    $names = New-Object System.Collections.ArrayList
    foreach ($row in $rows) { [void] $names.Add(([string] $row['COLUMN_NAME']).ToLowerInvariant()) }
    return , $names
}

$AgentXml = @('attribute_inclusion_xml', 'stay_disconnector_xml', 'join_rule_xml', 'projection_rule_xml', 'export_attribute_flow_xml', 'provisioning_cleanup_xml', 'ma_extension_xml', 'private_configuration_xml', 'ma_schema_xml')
$ServerXml = @('mv_schema_xml', 'import_attribute_flow_xml')

function Get-XmlMembers($row, $names) {
    $members = New-Object System.Collections.ArrayList
    foreach ($name in $names) {
        if ($row.ContainsKey($name)) {
            $value = $row[$name]
            if (-not ($value -is [System.DBNull])) {
                if (([string] $value).Length -gt 0) { [void] $members.Add(@($name, [string] $value)) }
            }
        }
    }
    return , $members
}

function Get-DatabaseParts($connection, $database) {
    $parts = New-Object System.Collections.ArrayList
    [void] $parts.Add(@('read_at', [datetime]::UtcNow))

    $sql = "SELECT CAST(SERVERPROPERTY('MachineName') AS nvarchar(256)) AS machine_name, CAST(SERVERPROPERTY('InstanceName') AS nvarchar(256)) AS instance, CAST(SERVERPROPERTY('Edition') AS nvarchar(256)) AS edition, CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine_edition, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version, CAST(SERVERPROPERTY('IsLocalDB') AS int) AS is_local_db, CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)) AS collation"
    foreach ($row in (Read-Rows $connection $sql)) {
        $server = New-Object System.Collections.ArrayList
        [void] $server.Add(@('machine_name', $row['machine_name']))
        $instance = $row['instance']
        if ($instance -is [System.DBNull]) { $instance = '' }
        [void] $server.Add(@('instance', $instance))
        [void] $server.Add(@('database', $database))
        [void] $server.Add(@('edition', $row['edition']))
        [void] $server.Add(@('engine_edition', $row['engine_edition']))
        [void] $server.Add(@('product_version', $row['product_version']))
        [void] $server.Add(@('is_local_db', ($row['is_local_db'] -eq 1)))
        [void] $server.Add(@('collation', $row['collation']))
        [void] $parts.Add(@('server', (New-JsonObject $server)))
    }

    $files = New-Object System.Collections.ArrayList
    foreach ($row in (Read-Rows $connection 'SELECT name, type_desc, size FROM sys.database_files ORDER BY file_id')) {
        $file = New-Object System.Collections.ArrayList
        [void] $file.Add(@('name', $row['name']))
        [void] $file.Add(@('kind', $row['type_desc']))
        [void] $file.Add(@('size_mb', [long] [math]::Ceiling($row['size'] / 128)))
        [void] $files.Add((New-JsonObject $file))
    }
    [void] $parts.Add(@('files', $files))

    $sql = 'SELECT ma_id, object_type, SUM(CASE WHEN phantom = 0 AND is_connector = 1 THEN 1 ELSE 0 END) AS joined, SUM(CASE WHEN phantom = 0 AND is_connector = 0 THEN 1 ELSE 0 END) AS disconnected, SUM(phantom) AS placeholders, SUM(CASE WHEN export_operation <> 0 THEN 1 ELSE 0 END) AS pending_exports, SUM(CAST(is_export_error AS int)) AS export_errors, SUM(CAST(is_import_error AS int)) AS import_errors FROM (SELECT ma_id, object_type, is_connector, export_operation, is_export_error, is_import_error, CASE WHEN is_phantom_parent = 1 OR is_phantom_link = 1 OR is_phantom_delete = 1 THEN 1 ELSE 0 END AS phantom FROM mms_connectorspace WITH (NOLOCK)) AS cs GROUP BY ma_id, object_type ORDER BY ma_id, object_type'
    $counts = New-Object System.Collections.ArrayList
    foreach ($row in (Read-Rows $connection $sql)) {
        $count = New-Object System.Collections.ArrayList
        [void] $count.Add(@('connector', $row['ma_id'].ToString()))
        [void] $count.Add(@('object_type', [string] $row['object_type']))
        foreach ($name in @('joined', 'disconnected', 'placeholders', 'pending_exports', 'export_errors', 'import_errors')) {
            [void] $count.Add(@($name, [long] $row[$name]))
        }
        [void] $counts.Add((New-JsonObject $count))
    }
    [void] $parts.Add(@('connector_space', $counts))

    $types = New-Object System.Collections.ArrayList
    foreach ($row in (Read-Rows $connection 'SELECT object_type, COUNT_BIG(1) AS objects FROM mms_metaverse WITH (NOLOCK) GROUP BY object_type ORDER BY object_type')) {
        $type = New-Object System.Collections.ArrayList
        [void] $type.Add(@('object_type', [string] $row['object_type']))
        [void] $type.Add(@('objects', [long] $row['objects']))
        [void] $types.Add((New-JsonObject $type))
    }
    [void] $parts.Add(@('metaverse', $types))

    [void] $parts.Add(@('agents', (Get-Agents $connection)))
    [void] $parts.Add(@('server_configuration', (Get-ServerConfiguration $connection)))
    [void] $parts.Add(@('runs', (Get-Runs $connection)))
    return , $parts
}

function Get-Agents($connection) {
    $known = Get-Columns $connection 'mms_management_agent'
    $columns = New-Object System.Collections.ArrayList
    foreach ($name in @('ma_id', 'ma_name', 'ma_type', 'subtype', 'version_number', 'creation_date', 'modification_date', 'full_import_required', 'full_sync_required') + $AgentXml) {
        if ($known -contains $name) { [void] $columns.Add('[' + $name + ']') }
    }
    $agents = New-Object System.Collections.ArrayList
    $sql = 'SELECT ' + [string]::Join(', ', $columns.ToArray()) + ' FROM mms_management_agent ORDER BY ma_name'
    foreach ($row in (Read-Rows $connection $sql)) {
        $agent = New-Object System.Collections.ArrayList
        [void] $agent.Add(@('id', $row['ma_id'].ToString()))
        [void] $agent.Add(@('name', [string] $row['ma_name']))
        [void] $agent.Add(@('category', [string] $row['ma_type']))
        if ($row.ContainsKey('subtype')) { [void] $agent.Add(@('subtype', $row['subtype'])) }
        if ($row.ContainsKey('version_number')) { [void] $agent.Add(@('version', $row['version_number'])) }
        foreach ($flag in @('full_import_required', 'full_sync_required')) {
            if ($row.ContainsKey($flag)) {
                if (-not ($row[$flag] -is [System.DBNull])) { [void] $agent.Add(@($flag, [bool] $row[$flag])) }
            }
        }
        [void] $agent.Add(@('xml', (New-JsonObject (Get-XmlMembers $row $AgentXml))))
        [void] $agents.Add((New-JsonObject $agent))
    }
    return , $agents
}

function Get-ServerConfiguration($connection) {
    $known = Get-Columns $connection 'mms_server_configuration'
    $columns = New-Object System.Collections.ArrayList
    foreach ($name in $ServerXml) {
        if ($known -contains $name) { [void] $columns.Add('[' + $name + ']') }
    }
    $members = New-Object System.Collections.ArrayList
    if ($columns.Count -gt 0) {
        $sql = 'SELECT ' + [string]::Join(', ', $columns.ToArray()) + ' FROM mms_server_configuration'
        foreach ($row in (Read-Rows $connection $sql)) {
            [void] $members.Add(@('xml', (New-JsonObject (Get-XmlMembers $row $ServerXml))))
        }
    }
    return (New-JsonObject $members)
}

function Get-Runs($connection) {
    $steps = @{}
    $sql = 'SELECT run_history_id, step_number, step_result, start_date, end_date, CAST(step_xml AS nvarchar(max)) AS step_xml FROM mms_step_history WITH (NOLOCK) ORDER BY run_history_id, step_number'
    foreach ($row in (Read-Rows $connection $sql)) {
        $step = New-Object System.Collections.ArrayList
        [void] $step.Add(@('number', [long] $row['step_number']))
        [void] $step.Add(@('result', [string] $row['step_result']))
        [void] $step.Add(@('started', $row['start_date']))
        [void] $step.Add(@('ended', $row['end_date']))
        $xml = [string] $row['step_xml']
        $type = [regex]::Match($xml, '<step-type\s+type="([^"]+)"').Groups[1].Value
        $sub = [regex]::Match($xml, '<(?:import|apply-rules)-subtype>([^<]+)<').Groups[1].Value
        if ($type.Length -gt 0) {
            if ($sub.Length -gt 0) { $type = $type + '/' + $sub }
            [void] $step.Add(@('kind', $type))
        }
        $key = $row['run_history_id'].ToString()
        if (-not $steps.ContainsKey($key)) { $steps[$key] = New-Object System.Collections.ArrayList }
        [void] $steps[$key].Add((New-JsonObject $step))
    }
    $runs = New-Object System.Collections.ArrayList
    $sql = 'SELECT TOP 2000 run_history_id, ma_id, run_profile_name, run_number, run_result, start_date, end_date FROM mms_run_history WITH (NOLOCK) ORDER BY start_date DESC'
    foreach ($row in (Read-Rows $connection $sql)) {
        $run = New-Object System.Collections.ArrayList
        [void] $run.Add(@('connector', $row['ma_id'].ToString()))
        [void] $run.Add(@('profile', [string] $row['run_profile_name']))
        [void] $run.Add(@('number', [long] $row['run_number']))
        [void] $run.Add(@('result', [string] $row['run_result']))
        [void] $run.Add(@('started', $row['start_date']))
        [void] $run.Add(@('ended', $row['end_date']))
        $key = $row['run_history_id'].ToString()
        if ($steps.ContainsKey($key)) { [void] $run.Add(@('steps', $steps[$key])) }
        [void] $runs.Add((New-JsonObject $run))
    }
    return , $runs
}

function Write-Database {
    $key = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\FIMSynchronizationService\Parameters'
    if (Test-Path -LiteralPath 'Registry::HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\ADSync\Parameters') {
        $key = 'HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\ADSync\Parameters'
    }
    $server = [string] (Get-RegistryValue $key 'Server')
    $instance = [string] (Get-RegistryValue $key 'SQLInstance')
    $database = [string] (Get-RegistryValue $key 'DBName')
    if ($database.Length -eq 0) { $database = 'FIMSynchronizationService' }
    if ($server.Length -eq 0) { $server = '.' }
    $source = $server
    if ($instance.Length -gt 0) { $source = $server + '\' + $instance }

    $builder = New-Object System.Data.SqlClient.SqlConnectionStringBuilder
    $builder['Data Source'] = $source
    $builder['Initial Catalog'] = $database
    $builder['Integrated Security'] = $true
    $builder['Connect Timeout'] = 15
    $builder['Application Name'] = 'dirlift collector'
    $connection = New-Object System.Data.SqlClient.SqlConnection $builder.ConnectionString
    try {
        $connection.Open()
        $parts = Get-DatabaseParts $connection $database
        Write-Part 'database.json' (Format-JsonText (New-JsonObject $parts))
    }
    finally {
        $connection.Close()
    }
}

# ---- All of it -----------------------------------------------------------------------------------------------------

function Invoke-Part([string] $name, [scriptblock] $action) {
    Write-Host ('collecting ' + $name)
    try {
        & $action
    }
    catch {
        Add-NotCollected $name $_.Exception.Message
    }
}

if ($Out.Length -eq 0) {
    Write-Host 'usage: collect.ps1 -Out FOLDER [-NoDatabase]'
    exit 2
}
if (Test-Path -LiteralPath $Out) {
    Write-Host ($Out + ' is already there; name a folder that does not exist yet')
    exit 2
}
[void] (New-Item -ItemType Directory -Path $Out)
$Out = (Get-Item -LiteralPath $Out).FullName

Invoke-Part 'registry.reg' { Write-Registry }
Invoke-Part 'services.json' { Write-Services }

$root = Get-RegistryValue 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\MSOLCoExistence' 'InstallPath'
if ($null -eq $root) {
    Add-NotCollected 'files.csv' 'the registry names no installation folder'
}
else {
    Invoke-Part 'files.csv' { Write-Files $root }
    Invoke-Part 'templates' { Copy-Templates $root }
    Invoke-Part 'scheduler.config' {
        Copy-Item -LiteralPath (Join-Path $root 'Microsoft.Online.DirSync.Scheduler.exe.config') -Destination (Join-Path $Out 'scheduler.config')
    }
}
Add-NotCollected 'server-configuration' 'domain and OU filtering: export the server configuration in Synchronization Service Manager and put the files into this folder'
if ($NoDatabase) {
    Add-NotCollected 'database.json' 'left out with -NoDatabase'
}
else {
    Invoke-Part 'database.json' { Write-Database }
}

$hostMembers = $null
Invoke-Part 'host facts' { $script:hostMembers = Get-HostMembers }
$snapshot = New-Object System.Collections.ArrayList
[void] $snapshot.Add(@('format_version', 1))
[void] $snapshot.Add(@('taken_at', [datetime]::UtcNow))
[void] $snapshot.Add(@('collected_by', 'collect.ps1 1'))
if ($null -ne $script:hostMembers) { [void] $snapshot.Add(@('host', (New-JsonObject $script:hostMembers))) }
[void] $snapshot.Add(@('not_collected', $script:NotCollected))
Write-Part 'snapshot.json' (Format-JsonText (New-JsonObject $snapshot))
Write-Host ('snapshot written to ' + $Out)
