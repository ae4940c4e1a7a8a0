; multiboot.asm - from the boot loader's first instruction to kmain(magic, info).
; Called by: a Multiboot 1 loader (GRUB, qemu -kernel): 32-bit flat, paging off, interrupts off.
; Never: returns.
bits 32

KERNEL_BASE    equ 0xc0000000
DIRECT_TABLES  equ 224                ; 896 MiB of 4 MiB pages
BIG_PAGE       equ 0x83               ; present, writable, 4 MiB
STACK_BYTES    equ 8192

; CPUID.1 EDX: what every machine of ours must have
NEED           equ (1 << 3) | (1 << 4) | (1 << 8) | (1 << 13) | (1 << 15) | (1 << 24) ; PSE TSC CX8 PGE CMOV FXSR

MB_MAGIC       equ 0x1badb002
MB_FLAGS       equ 3                  ; modules on page boundaries, memory map

extern kmain
global boot_entry
global boot_page_directory
global boot_stack_top

section .multiboot progbits alloc noexec nowrite align=4
	dd MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

section .text
boot_entry:
	cli
	cld
	mov esp, boot_stack_top - KERNEL_BASE
	mov esi, eax                  ; the loader's magic
	mov edi, ebx                  ; its information, physical

	pushfd                        ; does CPUID exist: can the ID flag change?
	pop eax
	mov ecx, eax
	xor eax, 1 << 21
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ecx
	test eax, 1 << 21
	jz too_old
	mov eax, 1
	cpuid                         ; destroys ebx, ecx, edx
	and edx, NEED
	cmp edx, NEED
	jne too_old

	; directory: 0..4 MiB where it is (until arch_memory_init), and 896 MiB at 3 GiB
	mov ebx, boot_page_directory - KERNEL_BASE
	mov dword [ebx], BIG_PAGE
	mov eax, BIG_PAGE
	lea edx, [ebx + (KERNEL_BASE >> 22) * 4]
	mov ecx, DIRECT_TABLES
.fill:	mov [edx], eax
	add eax, 4 << 20
	add edx, 4
	dec ecx
	jnz .fill

	mov eax, cr4
	or eax, 1 << 4                ; PSE
	mov cr4, eax
	mov cr3, ebx
	mov eax, cr0
	and eax, ~((1 << 2) | (1 << 3) | (1 << 29) | (1 << 30)) ; EM, TS, NW, CD off
	or eax, (1 << 31) | (1 << 16) | (1 << 5) | (1 << 1)     ; PG, WP, NE, MP on
	mov cr0, eax
	mov eax, high
	jmp eax
high:
	mov esp, boot_stack_top
	xor ebp, ebp                  ; backtraces end here
	mov eax, esi
	mov edx, edi
	call kmain
.stop:	cli
	hlt
	jmp .stop

; Paging is off: say it on the screen and on COM1, and stop.
too_old:
	mov esi, too_old_text - KERNEL_BASE
	mov edi, 0xb8000
	mov ah, 0x4f
.next:	lodsb
	test al, al
	jz .stop
	stosw
	mov dx, 0x3f8
	out dx, al
	jmp .next
.stop:	cli
	hlt
	jmp .stop

section .rodata
too_old_text: db "Godwit needs a Pentium II or newer (PSE, TSC, PGE, CMOV, FXSR). Stopped.", 0

section .bss.page nobits alloc noexec write align=4096
boot_page_directory: resb 4096
	resb STACK_BYTES
boot_stack_top:
